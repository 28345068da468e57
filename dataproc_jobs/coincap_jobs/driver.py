"""Starts, watches and stops the two queries of the stream application."""

import argparse
import logging
import signal
import threading
from datetime import timedelta

from coincap_jobs import kafka_source, ledger, staging, watch
from coincap_jobs.archive import Archive, bronze_path, ensure_bronze, held_offsets
from coincap_jobs.checkpoint import Checkpoint, check_not_ahead
from coincap_jobs.database import as_writer, reach
from coincap_jobs.derived import Derived
from coincap_jobs.errors import JobError
from coincap_jobs.fence import Fence
from coincap_jobs.kafka_source import Offsets, TopicReader
from coincap_jobs.serve import SOURCES, Serve
from coincap_jobs.session import spark_session

log = logging.getLogger("coincap.stream")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the stream's arguments."""
    parser.add_argument("--bootstrap", required=True, help="Kafka brokers, host:port,…")
    parser.add_argument("--postgres", required=True, help="DSN; ending in #iam: IAM login")
    parser.add_argument("--lake", required=True, help="root of the lake: a folder or gs://…")
    parser.add_argument("--checkpoint", required=True, help="folder of the checkpoints")
    parser.add_argument("--serve-ms", type=int, default=250, help="trigger of serve (default 250)")
    parser.add_argument(
        "--archive-s", type=int, default=60, help="trigger of archive in seconds (default 60)"
    )
    parser.add_argument(
        "--window-h", type=float, default=24, help="hours that samples are remembered (24)"
    )
    parser.add_argument(
        "--max-messages", type=int, default=400_000, help="most messages in a batch (400000)"
    )
    parser.add_argument(
        "--derive-s", type=float, default=5, help="seconds between spreads and alerts (5)"
    )
    parser.add_argument(
        "--credits-per-month", type=int, default=0, help="CoinCap's budget; 0: no alert on it"
    )
    parser.add_argument(
        "--only", choices=("serve", "archive"), help="run one of the two queries (both)"
    )
    parser.add_argument(
        "--kafka-option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a Kafka client setting, for example security.protocol=SASL_SSL",
    )
    watch.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Run both queries until SIGTERM or SIGINT (returns 0) or a failure (raises)."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("py4j").setLevel(logging.WARNING)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    spark = spark_session(
        "coincap-stream",
        {
            "spark.scheduler.mode": "FAIR",
            "spark.sql.adaptive.enabled": "false",
            "spark.sql.streaming.metricsEnabled": "true",
        },
    )
    spark.conf.set("spark.sql.shuffle.partitions", spark.sparkContext.defaultParallelism)
    options = {f"kafka.{o.split('=', 1)[0]}": o.split("=", 1)[1] for o in args.kafka_option}
    try:
        with as_writer(reach(args.postgres, "coincap-stream")) as connection:
            return _run(spark, args, options, connection, stop)
    finally:
        spark.stop()


def _run(spark, args, options, connection, stop: threading.Event) -> int:
    ownership = ledger.take_over(connection)
    staging.drop_leftovers(connection)
    reader = TopicReader(spark, args.bootstrap, options)
    described = reader.describe(list(SOURCES))
    topic_ids = {name: topic_id for name, (topic_id, _) in described.items()}
    counts = {name: count for name, (_, count) in described.items()}
    earliest = reader.offsets(counts, "earliest")
    reader.close()
    with connection.cursor() as cursor:
        held = ledger.read(cursor, topic_ids)
        given_up = ledger.accepted_gaps(cursor, topic_ids)
    connection.commit()
    serve_checkpoint = Checkpoint(spark, f"{args.checkpoint}/serve")
    archive_checkpoint = Checkpoint(spark, f"{args.checkpoint}/archive")
    for checkpoint in (serve_checkpoint, archive_checkpoint):
        checkpoint.check_whole()
    check_not_ahead(serve_checkpoint, held, "the ledger")
    serve = Serve(
        args.postgres,
        topic_ids,
        ownership,
        connection,
        serve_checkpoint,
        timedelta(hours=args.window_h),
        spark.sparkContext.defaultParallelism,
    )
    ensure_bronze(spark, args.lake)
    # First the fence, then the look at what bronze holds: nobody appends in between.
    fence = Fence(spark, bronze_path(args.lake))
    archived = held_offsets(spark, args.lake, topic_ids)
    check_not_ahead(archive_checkpoint, furthest(archived, earliest, given_up), "bronze")
    archive = Archive(
        args.lake,
        args.postgres,
        ownership.epoch,
        topic_ids,
        archived,
        archive_checkpoint,
        fence,
    )
    limit = {"maxOffsetsPerTrigger": str(args.max_messages), **options}
    plans = {
        "serve": (serve.process, args.serve_ms, starting(held, earliest)),
        "archive": (
            archive.process,
            args.archive_s * 1000,
            starting(archive.held, earliest, given_up),
        ),
    }
    queries = [
        _start(
            name,
            process,
            f"{trigger_ms} milliseconds",
            kafka_source.read_stream(spark, args.bootstrap, start, limit),
            args.checkpoint,
        )
        for name, (process, trigger_ms, start) in plans.items()
        if args.only in (name, None)
    ]
    log.info("serving epoch %s from %s", ownership.epoch, starting(held, earliest))
    with (
        Derived(spark, args.postgres, args.bootstrap, options, args.credits_per_month) as derived,
        watch.Watcher(spark, args, options, earliest, archive) as watcher,
    ):
        while not stop.wait(args.derive_s):
            for query in queries:
                if not query.isActive:
                    raise query.exception() or RuntimeError(f"query {query.name} stopped")
            derived.refresh()
            watcher.beat()
        _stop(queries)
        derived.refresh()
        watcher.beat()
    return 0


def starting(held: Offsets, earliest: Offsets, given_up: Offsets | None = None) -> Offsets:
    """Return where a query without a checkpoint starts: the ledger, else the earliest offset.

    ``given_up`` are offsets before which the operator accepted that messages are missing.
    Raises JobError where Kafka no longer has what the ledger asks for.
    """
    start: Offsets = {}
    for topic, partitions in earliest.items():
        for partition, first in partitions.items():
            wanted = held.get(topic, {}).get(partition, first)
            if wanted < first <= (given_up or {}).get(topic, {}).get(partition, -1):
                wanted = first
            if wanted < first:
                raise JobError(
                    f"{topic}/{partition}: offset {wanted} is needed but Kafka starts at "
                    f"{first}: {first - wanted} messages expired before they were served. "
                    "Accept the gap by control.py rewind "
                    f"--from-offsets {topic}:{partition}={first} --accept-gap, then publish their "
                    "pages again: the function poll with their scheduled_at and again: true"
                )
            start.setdefault(topic, {})[partition] = wanted
    return start


def furthest(*every: Offsets) -> Offsets:
    """Return the greatest of several offsets per topic and partition."""
    found: Offsets = {}
    for offsets in every:
        for topic, partitions in offsets.items():
            known = found.setdefault(topic, {})
            known |= {p: max(offset, known.get(p, 0)) for p, offset in partitions.items()}
    return found


def _start(name: str, process, trigger: str, source, checkpoint: str):
    return (
        source.writeStream.queryName(name)
        .option("checkpointLocation", f"{checkpoint}/{name}")
        .trigger(processingTime=trigger)
        .foreachBatch(process)
        .start()
    )


def _stop(queries, patience_s: float = 60) -> None:
    """Stop each query between two batches; a batch that takes too long is interrupted."""
    pause = threading.Event()
    for query in queries:
        for _ in range(int(patience_s * 10)):
            if not query.status["isTriggerActive"]:
                break
            pause.wait(0.1)
        query.stop()
