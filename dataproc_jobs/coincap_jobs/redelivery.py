"""Messages that the stream refused, judged again: from bronze into the tables.

They are in the lake already, so nothing is published again; only the judgement has changed.
Merges are idempotent and free of order, and one waits for the other, so this needs neither the
ledger nor the stream's lock; a letter is marked as replayed in the transaction that brings its
row.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from coincap_jobs import planned, replays
from coincap_jobs.archive import bronze_path
from coincap_jobs.merge import merge
from coincap_jobs.staging import temporary_tables

AT_ONCE = 10_000
"""Letters in one transaction."""
_BEFORE = timedelta(days=31)
"""Longer than any topic's retention: how long a message may have waited to be refused."""
_NO_HEADERS = "cast(map() as map<string, string>)"
_OPEN = """
select dead_letter_id, source_topic, source_partition, source_offset, raw_sha_256, recorded_at
from market.dead_letters
where source = 'stream' and status = 'open' and dead_letter_id > %(after)s
    and recorded_at >= %(since)s and (%(reason)s::text is null or reason = %(reason)s)
order by dead_letter_id limit %(limit)s
"""


@dataclass(frozen=True)
class Letter:
    """An open letter of the stream and where its message is."""

    dead_letter_id: str
    topic: str
    partition: int
    offset: int
    sha_256: str
    recorded_at: datetime


def open_letters(
    connection: psycopg.Connection, after: str, since: datetime, reason: str | None
) -> list[Letter]:
    """Return the next open letters after an id, in the order of their ids."""
    parameters = {"after": after, "since": since, "reason": reason, "limit": AT_ONCE}
    rows = connection.execute(_OPEN, parameters).fetchall()
    connection.rollback()
    return [Letter(*row) for row in rows]


def messages(spark: SparkSession, lake: str, letters: list[Letter]) -> DataFrame:
    """Return the letters' messages from bronze, with their letter's id among the headers.

    The hash tells a message from another one that had its offset before a topic was made anew.
    """
    wanted = spark.createDataFrame(
        [(each.dead_letter_id, each.topic, each.partition, each.offset, each.sha_256)
         for each in letters],
        "letter string, topic string, partition int, offset bigint, sha string",
    )  # fmt: skip
    first = (min(each.recorded_at for each in letters) - _BEFORE).date()
    last = max(each.recorded_at for each in letters).date()
    bronze = spark.read.format("delta").load(bronze_path(lake))
    return (
        bronze.where(F.col("date").between(F.lit(first), F.lit(last)))
        .join(F.broadcast(wanted), ["topic", "partition", "offset"])
        .where(F.sha2("value", 256) == F.col("sha"))
        .withColumn("headers", F.coalesce("headers", F.expr(_NO_HEADERS)))
        .withColumn("id", F.create_map(F.lit(replays.HEADER), F.col("letter")))
        .withColumn("headers", F.map_concat("headers", "id"))
        .drop("letter", "sha", "id")
    )


def redeliver(
    connection: psycopg.Connection, found: DataFrame, letters: list[Letter], window: timedelta
) -> int:
    """Merge what of these messages passes now, in one transaction; return how many letters."""
    rows = []
    for record, decoded in planned.decode(found, {each.topic for each in letters}):
        rows += planned.accepted(decoded, record).collect()
        rows += replays.replayed(decoded).collect()
    if rows:
        with (
            connection.transaction(),
            connection.cursor() as cursor,
            temporary_tables(cursor, rows) as staged,
        ):
            merge(cursor, staged, window, set())
    return sum(row["target"] == replays.TARGET for row in rows)
