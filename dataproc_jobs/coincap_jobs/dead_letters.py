"""Messages that the stream job refuses: as rows for the table of dead letters."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

KEPT_BYTES = 65536
"""How much of a refused message the dead letter keeps; bronze has the whole."""
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
