"""Bronze to silver: typed rows, each message once, with where it came from."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from coincap.contract import RecordType
from coincap.trust import distrust_sql
from coincap_batch.tables import HISTORY, SILVER, LakeTable
from coincap_jobs.wire import decode, good

PROVENANCE = (
    "snapshot_id",
    "polled_at",
    "envelope_at",
    "api_version",
    "value_md5",
    "topic",
    "topic_id",
    "partition",
    "offset",
    "arrived_at",
    "message_key",
    "message_text",
)
"""Columns beside the record's own; the text last, so that Delta's statistics skip it."""


def first_by(rows: DataFrame, identity: tuple[str, ...], order: tuple[str, ...]) -> DataFrame:
    """Return of the rows that agree in ``identity`` the one that comes first by ``order``."""
    window = Window.partitionBy(*identity).orderBy(*order)
    return rows.withColumn("_n", F.row_number().over(window)).where("_n = 1").drop("_n")


def dated(rows: DataFrame, table: LakeTable) -> DataFrame:
    """Add the partition column ``date``: the UTC day of the table's time column."""
    return rows.withColumn("date", F.to_date(table.time))


def silver(messages: DataFrame, record: RecordType) -> DataFrame:
    """Return the good messages of one record type, typed, each once.

    Copies of a message agree in topic, snapshot, key and value; the first in Kafka is kept.
    What the contract refuses is left out: the stream job has put it into the dead letters.
    Markets get ``distrust``: why the row may not price its asset, null where it may.
    """
    typed = good(decode(messages, record)).withColumnsRenamed(
        {"timestamp": "arrived_at", "_key": "message_key"}
    )
    table = SILVER[record.name]
    once = first_by(typed, table.identity, ARRIVAL)
    own = [field.column for field in record.fields]
    added = [name for name in PROVENANCE if name not in own]
    if record.name == "market":
        once = once.withColumn("distrust", F.expr(distrust_sql()))
        added.insert(0, "distrust")
    return dated(once.select(*own, *added), table)


def history_messages(lines: DataFrame) -> DataFrame:
    """Return checked history rows of the landing zone in the shape of messages.

    ``lines`` has ``value`` (one JSON object with _polled_at and _snapshot_id) and ``file``.
    """
    field = F.get_json_object
    polled_at, snapshot_id = field("value", "$._polled_at"), field("value", "$._snapshot_id")
    headers = F.create_map(
        F.lit("polled_at"), polled_at, F.lit("snapshot_id"), snapshot_id, F.lit("endpoint"),
        F.lit("history"),
    )  # fmt: skip
    return lines.select(
        F.col("file").alias("topic"),
        F.lit(None).cast("string").alias("topic_id"),
        F.lit(None).cast("int").alias("partition"),
        F.lit(None).cast("bigint").alias("offset"),
        polled_at.cast("timestamp").alias("timestamp"),
        F.concat_ws("|", field("value", "$.id"), field("value", "$.time")).alias("key"),
        F.col("value").cast("binary").alias("value"),
        headers.alias("headers"),
    )


def asset_history(lines: DataFrame, record: RecordType) -> DataFrame:
    """Return the hourly prices of the landing zone; of an hour fetched twice the first fetch."""
    typed = good(decode(history_messages(lines), record)).where("time is not null")
    own = [field.column for field in record.fields]
    columns = [*own, "snapshot_id", "polled_at", "value_md5", F.col("topic").alias("source_file")]
    once = first_by(typed, HISTORY.identity, ORDER)
    return dated(once.select(*columns), HISTORY)


ARRIVAL = ("arrived_at", "topic_id", "partition", "offset")
"""Which of two copies of one message counts: the first in Kafka, whichever is read first."""
ORDER = ("polled_at", "snapshot_id", "value_md5")
"""Which of two values of one sample counts: that of the first poll."""
