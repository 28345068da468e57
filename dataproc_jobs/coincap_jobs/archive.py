"""The archive query: every message, bytes untouched, into the bronze Delta table.

Bronze is its own ledger: a Delta append is atomic, so the greatest offset per partition says
where to go on, whatever the checkpoint believes. (Delta's txnVersion is no substitute: after
an older checkpoint is restored, a batch id stands for another range.)
"""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg
from delta.tables import DeltaTable
from pyspark.sql import Column, DataFrame, Observation, SparkSession
from pyspark.sql import functions as F

from coincap_jobs import kafka_source, progress
from coincap_jobs.checkpoint import Checkpoint
from coincap_jobs.database import as_writer, connect
from coincap_jobs.fence import Fence
from coincap_jobs.kafka_source import Offsets
from coincap_jobs.lag import Newest
from coincap_jobs.merge import Merged
from coincap_jobs.serve import pending
from coincap_jobs.turns import my_turn

DDL = (
    "topic STRING, topic_id STRING, partition INT, offset BIGINT, timestamp TIMESTAMP, "
    "key STRING, value BINARY, headers MAP<STRING,STRING>, date DATE"
)
_LOOK_BACK_DAYS = 30
"""Longer than any topic's retention: what is older cannot be read from Kafka again."""


def bronze_path(lake: str) -> str:
    """Return where bronze lies below the lake's root."""
    return f"{lake.rstrip('/')}/bronze"


def ensure_bronze(spark: SparkSession, lake: str) -> None:
    """Create the bronze table where it is missing."""
    builder = DeltaTable.createIfNotExists(spark).location(bronze_path(lake))
    for column in DDL.split(", "):
        name, data_type = column.split(" ", 1)
        builder = builder.addColumn(name, data_type)
    with my_turn(bronze_path(lake)):
        builder.partitionedBy("date", "topic").execute()


def held_offsets(spark: SparkSession, lake: str, topic_ids: dict[str, str]) -> Offsets:
    """Return per topic and partition the next offset that bronze lacks."""
    rows = (
        spark.read.format("delta")
        .load(bronze_path(lake))
        .where(F.col("date") >= F.date_sub(F.current_date(), _LOOK_BACK_DAYS))
        .where(F.col("topic_id").isin(*topic_ids.values()))
        .groupBy("topic", "partition")
        .agg((F.max("offset") + 1).alias("next"))
        .collect()
    )
    held: Offsets = {}
    for row in rows:
        held.setdefault(row["topic"], {})[row["partition"]] = row["next"]
    return held


@dataclass
class Archive:
    """The archiving side of a stream driver."""

    lake: str
    dsn: str
    epoch: int
    topic_ids: dict[str, str]
    held: Offsets
    checkpoint: Checkpoint
    fence: Fence
    newest: Newest = field(default_factory=dict)

    def done(self, _cursor: psycopg.Cursor) -> tuple[Offsets, Newest]:
        """Return what bronze holds and the newest poll of each topic since the start."""
        return {topic: dict(ends) for topic, ends in dict(self.held).items()}, dict(self.newest)

    def process(self, batch: DataFrame, batch_id: int) -> None:
        """Append one micro-batch to bronze, without what bronze already has.

        Raises ledger.Fenced where another driver archives into this lake.
        """
        started, clock = datetime.now(UTC), time.monotonic()
        end = self.checkpoint.planned(batch_id)
        counts = pending(self.held, end)
        if not counts:
            return
        rows = kafka_source.messages(kafka_source.admit(batch, self.held), self.topic_ids)
        polled = Observation()
        dated = (
            rows.observe(polled, *map(_newest_poll, counts))
            .withColumn("date", F.to_date("timestamp"))
            .repartition(len(counts), "topic")
        )
        self.fence.append(dated.write.partitionBy("date", "topic"))
        for topic, partitions in end.items():
            self.held.setdefault(topic, {}).update(partitions)
        polls = {
            topic: datetime.fromtimestamp(ms / 1000, UTC) for topic, ms in polled.get.items() if ms
        }
        for topic, at in polls.items():
            self.newest[topic] = max(at, self.newest.get(topic, at))
        merged = Merged(newest_polled_at=max(polls.values(), default=None))
        seconds = time.monotonic() - clock
        self._record(batch_id, started, sum(counts.values()), merged, seconds, end)

    def _record(self, batch_id, started, total, merged, seconds, end) -> None:
        """Report progress; a database that is away does not stop the archive."""
        try:
            with as_writer(connect(self.dsn, "coincap-archive")) as connection:
                progress.record(
                    connection.cursor(),
                    "archive",
                    batch_id,
                    self.epoch,
                    started,
                    total,
                    merged,
                    seconds * 1000,
                    0.0,
                    end,
                )
        except psycopg.OperationalError:
            return


def _newest_poll(topic: str) -> Column:
    polled_at = F.unix_millis(F.col("headers")["polled_at"].cast("timestamp"))
    return F.max(F.when(F.col("topic") == topic, polled_at)).alias(topic)
