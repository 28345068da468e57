"""A backlog from Kafka into the serving tables: the stream job against a plain Python consumer.

Both end with the same tables and the ledger's guarantees: the consumer (confluent-kafka and
psycopg) takes the contract's decoding, the reduction and the merge from the project, so it is as
good as we can write it, in one process. Timed from the first batch's start to the last commit;
the start of the job is shown apart. ``bare_merge`` copies and merges lines that are ready, batch
by batch: what the database alone needs.
"""

import argparse
import statistics
import time
from collections.abc import Iterator
from datetime import timedelta

import confluent_kafka
import orjson
import psycopg
from live import TOPIC, headers, machine, market_row, producer, stack, wait_until

from coincap_jobs import ledger, staging
from coincap_jobs.database import connect
from coincap_jobs.merge import merge
from coincap_jobs.plain import header_text
from coincap_jobs.plain_lines import PlainLines

BATCH = 200_000
WINDOW = timedelta(hours=24)
START_MS = 1_729_168_200_000
PARTITIONS = range(4)


def fill(bootstrap: str, messages: int, markets: int) -> None:
    """Produce the backlog: polls of the markets by turns, 43 of 100 with a new trade."""
    client = producer(bootstrap, **{"linger.ms": 50, "queue.buffering.max.messages": 1_000_000})
    for number in range(messages):
        poll = number // markets
        traded = START_MS + int(poll * 0.43) * 60_000 + number % markets
        key, row = market_row(number, traded, markets)
        marks = headers(START_MS + 3_600_000 + poll * 60_000, f"markets-{poll:06d}")
        while True:
            try:
                client.produce(TOPIC, orjson.dumps(row), key.encode(), headers=marks)
                break
            except BufferError:
                client.poll(0.1)
        if number % 1000 == 0:
            client.poll(0)
    client.flush(120)


def batches(client: confluent_kafka.Consumer, messages: int) -> Iterator[tuple[list, dict]]:
    """Yield (lines to copy, next offset per partition) of the backlog, batch by batch."""
    done = 0
    while done < messages:
        lines, taken, ends = PlainLines(), 0, {}
        while taken < min(BATCH, messages - done):
            for message in client.consume(10_000, 1.0):
                marks = header_text(message.headers())
                place = (TOPIC, message.partition(), message.offset())
                lines.add(*place, message.key(), message.value(), marks)
                ends[message.partition()] = message.offset() + 1
                taken += 1
        yield [(target, line) for target, each in lines.take().items() for line in each], ends
        done += taken


def consume(bootstrap: str, dsn: str, messages: int) -> float:
    """Drain the backlog with the plain consumer; return the seconds."""
    client = confluent_kafka.Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "bench",
            "enable.auto.commit": False,
            "fetch.message.max.bytes": 4_000_000,
            "queued.max.messages.kbytes": 200_000,
        }
    )
    client.assign([confluent_kafka.TopicPartition(TOPIC, n, 0) for n in PARTITIONS])
    known: set = set()
    started = time.perf_counter()
    with connect(dsn, "consumer") as connection:
        owner = ledger.take_over(connection)
        for rows, ends in batches(client, messages):
            with connection.transaction(), connection.cursor() as cursor:
                ledger.check_owner(cursor, owner)
                seen = ledger.read(cursor, {TOPIC: "id"})
                ledger.advance(cursor, {TOPIC: "id"}, seen, {TOPIC: ends})
                with staging.temporary_tables(cursor, rows) as copied:
                    merge(cursor, copied, WINDOW, known)
    seconds = time.perf_counter() - started
    client.close()
    return seconds


def stream(parts, dsn: str, messages: int) -> tuple[float, float]:
    """Drain the backlog with the stream job; return the seconds, and those of its start."""
    asked = time.time()
    parts.dsn = dsn
    job = parts.start_stream(
        "--serve-ms", "0", "--max-messages", str(BATCH), "--only", "serve", "--derive-s", "3600",
        "--checkpoint", str(parts.supervisor.folder.root / f"checkpoint-{asked}"),
    )  # fmt: skip
    with psycopg.connect(dsn, autocommit=True) as connection:
        wait_until(job, lambda: span(connection)[2] >= messages, 1200)
        first, last, _ = span(connection)
    parts.stop_stream()
    return last - first, first - asked


def span(connection: psycopg.Connection) -> tuple[float, float, int]:
    """Return when the first batch began and the last one was merged (s since 1970), and how many
    messages the batches had. The last batch's merge is part of it: finished_at is the clock after.
    """
    text = (
        "select extract(epoch from min(started_at))::float8, "
        "extract(epoch from max(finished_at))::float8, coalesce(sum(messages), 0)::int8 "
        "from market.stream_progress"
    )
    return connection.execute(text).fetchone()


def bare_merge(bootstrap: str, dsn: str, messages: int) -> float:
    """Return the seconds of COPY and merge alone, the lines being ready."""
    client = confluent_kafka.Consumer({"bootstrap.servers": bootstrap, "group.id": "bare"})
    client.assign([confluent_kafka.TopicPartition(TOPIC, n, 0) for n in PARTITIONS])
    ready = [rows for rows, _ in batches(client, messages)]
    client.close()
    known: set = set()
    started = time.perf_counter()
    with connect(dsn, "bare") as connection:
        for rows in ready:
            with (
                connection.transaction(),
                connection.cursor() as cursor,
                staging.temporary_tables(cursor, rows) as copied,
            ):
                merge(cursor, copied, WINDOW, known)
    return time.perf_counter() - started


def content(dsn: str) -> tuple:
    """Return number and digest of every row that the backlog makes."""
    found = []
    with psycopg.connect(dsn) as connection:
        for table in ("markets", "market_ticks", "market_candles_1m"):
            text = (
                "select count(*), md5(string_agg(md5(t::text), '' order by md5(t::text))) "
                f"from market.{table} as t"
            )
            found.append(connection.execute(text).fetchone())
    return tuple(found)


def main() -> None:
    """Run the rounds and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=2_000_000)
    parser.add_argument("--markets", type=int, default=15_000)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    seconds: dict[str, list[float]] = {"stream": [], "consumer": [], "bare_merge": []}
    starts = []
    with stack() as parts:
        fill(parts.bootstrap, args.messages, args.markets)
        base = parts.dsn
        server = base.replace("dbname=coincap", "dbname=postgres")
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute("create database empty template coincap")
            reference = None
            for number in range(args.rounds):
                names = list(seconds)
                for name in names[number % 3 :] + names[: number % 3]:
                    admin.execute(f"create database {name}_{number} template empty")
                    dsn = base.replace("dbname=coincap", f"dbname={name}_{number}")
                    if name == "stream":
                        took, start = stream(parts, dsn, args.messages)
                        starts.append(start)
                    else:
                        way = consume if name == "consumer" else bare_merge
                        took = way(parts.bootstrap, dsn, args.messages)
                    seconds[name].append(took)
                    print(f"round {number + 1}: {name} {took:.1f} s", flush=True)
                    found = content(dsn)
                    reference = reference or found
                    if found != reference:
                        raise SystemExit(f"error: {name} left other tables: {found}")
                    admin.execute(f"drop database {name}_{number} with (force)")
    rates = {name: [args.messages / s for s in found] for name, found in seconds.items()}
    print(f"{machine()}; {args.messages} messages of {args.markets} markets, {args.rounds} rounds")
    print(f"the job's start takes {statistics.median(starts):.0f} s")
    middle = {name: statistics.median(found) for name, found in rates.items()}
    for name, found in rates.items():
        print(f"{name:>11}: {middle[name]:9,.0f} messages/s ({min(found):,.0f}–{max(found):,.0f})")
    print(f"drain_vs_bare_merge={middle['stream'] / middle['bare_merge']:.2f}")
    print(f"drain_vs_python_consumer={middle['stream'] / middle['consumer']:.2f}")


if __name__ == "__main__":
    main()
