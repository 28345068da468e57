"""Messages that the stream job refuses: as rows for the table, and out to their topic."""

import json

import psycopg
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from coincap.contract import record_type

KEPT_BYTES = 65536
"""How much of a refused message the dead letter keeps; bronze has the whole."""
TOPIC = "coincap.dead-letter.stream"
_COLUMNS = (
    "dead_letter_id, source, source_topic, source_partition, source_offset, endpoint, "
    "snapshot_id, polled_at, api_version, reason, field, key, raw, raw_bytes, raw_sha_256, "
    "raw_location"
)


def dead_letters(refused: DataFrame) -> DataFrame:
    """Return refused rows (wire.bad) in the columns of the dead_letters table.

    A message that the bridge delivered twice is one dead letter: its identity is the topic,
    the snapshot, the key and the text; partition and offset are those of the first copy seen.
    """
    value = F.col("message_text").cast("binary")
    identity = F.concat_ws("|", "topic", "_snapshot_id", "_key", F.md5(value))
    start = F.decode(F.substring(value, 1, KEPT_BYTES), "UTF-8")
    place = F.concat_ws("/", "topic", "partition", "offset")
    return refused.select(
        F.sha2(identity, 256),
        F.lit("stream"),
        F.col("topic"),
        F.col("partition"),
        F.col("offset"),
        F.col("_endpoint"),
        _storable(F.col("_snapshot_id")),
        F.col("_polled_at"),
        F.col("_api_version"),
        F.col("refusal"),
        F.col("refusal_field"),
        _storable(F.col("_key")),
        _storable(start),
        F.length(value),
        F.sha2(value, 256),
        place,
    ).toDF(*_COLUMNS.split(", "))


def _storable(text):
    """Return text without what PostgreSQL cannot hold (NUL) and no longer than its field."""
    valid = F.decode(F.encode(text, "UTF-8"), "UTF-8")
    return F.substring(F.replace(valid, F.lit("\u0000"), F.lit("\ufffd")), 1, KEPT_BYTES)


def publish_outbox(
    spark: SparkSession, connection: psycopg.Connection, bootstrap: str, options: dict[str, str]
) -> int:
    """Publish the stream's dead letters that are not on their topic yet; return how many.

    At least once: a crash between the topic and the mark publishes again, under the same id.
    """
    cursor = connection.execute(
        f"select {_COLUMNS} from market.dead_letters "
        "where source = 'stream' and published_at is null order by recorded_at limit 1000"
    )
    fields = {field.column: field for field in record_type("dead_letter").fields}
    names = [column.name for column in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor]
    if not rows:
        connection.rollback()
        return 0
    letters = [
        (
            row["dead_letter_id"],
            json.dumps({fields[name].name: _wire(value) for name, value in row.items()}),
        )
        for row in rows
    ]
    (
        spark.createDataFrame(letters, "key string, value string")
        .coalesce(1)
        .write.format("kafka")
        .option("kafka.bootstrap.servers", bootstrap)
        .option("kafka.acks", "all")
        .options(**options)
        .option("topic", TOPIC)
        .save()
    )
    connection.execute(
        "update market.dead_letters set published_at = now() where dead_letter_id = any(%s)",
        [[key for key, _ in letters]],
    )
    connection.commit()
    return len(letters)


def _wire(value):
    return round(value.timestamp() * 1000) if hasattr(value, "timestamp") else value
