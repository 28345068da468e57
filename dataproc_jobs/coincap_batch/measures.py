"""What the batch measures of the pipeline itself: copies per hour, the way to the first chart."""

from datetime import datetime, timedelta

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from coincap_batch import bronze
from coincap_batch.silver import dated
from coincap_batch.store import Store
from coincap_batch.tables import FIRST_CHARTS, FIRST_CHARTS_DDL, MESSAGE_HOURS

HOUR = timedelta(hours=1)


def whole_hours(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """Return the whole hours (UTC, end exclusive) that a window of arrival touches."""
    first = start.replace(minute=0, second=0, microsecond=0)
    last = end.replace(minute=0, second=0, microsecond=0)
    return first, last if last == end else last + HOUR


def count_messages(store: Store, start: datetime, end: datetime) -> None:
    """Count the messages of the hours that the window touches; hours of other runs stay."""
    start, end = whole_hours(start, end)
    counted = message_hours(bronze.messages(store.spark, store.lake, start, end))
    if not store.exists(MESSAGE_HOURS):
        store.replace(MESSAGE_HOURS, counted, [])
        return
    counted = counted.persist()
    days = [str(row.date) for row in counted.select("date").distinct().collect()]
    stored = store.read(MESSAGE_HOURS, days).localCheckpoint()
    if not counted.exceptAll(stored.select(*counted.columns)).isEmpty():
        store.replace(MESSAGE_HOURS, kept_and_new(stored, counted, start, end), days)
    counted.unpersist()


def keep_first_charts(store: Store, files: list[str]) -> None:
    """Bring the records of the demo's runs, JSON files, into the lake."""
    store.upsert(FIRST_CHARTS, first_charts(store.spark, files))


def message_hours(messages: DataFrame) -> DataFrame:
    """Return per topic and hour of arrival the messages, and how many differ.

    Copies of a message (Pub/Sub and the bridge deliver at least once) agree in topic, snapshot,
    key and value, whichever hour they arrive in; a copy in another hour is not seen here.
    """
    identity = F.struct(F.col("headers")["snapshot_id"], "key", F.xxhash64("value"))
    counted = messages.groupBy("topic", F.date_trunc("hour", "timestamp").alias("hour_start")).agg(
        F.count("*").alias("messages"), F.countDistinct(identity).alias("distinct_messages")
    )
    return dated(counted, MESSAGE_HOURS)


def kept_and_new(stored: DataFrame, counted: DataFrame, start: datetime, end: datetime):
    """Return the stored hours outside [start, end) with the new ones in it."""
    inside = (F.col("hour_start") >= F.lit(start)) & (F.col("hour_start") < F.lit(end))
    return stored.where(~inside).select(*counted.columns).unionByName(counted)


def first_charts(spark: SparkSession, files: list[str]) -> DataFrame:
    """Return the demo's records, JSON files with began_at, commands and seconds."""
    if not files:
        return spark.createDataFrame([], FIRST_CHARTS_DDL)
    rows = spark.read.schema("began_at timestamp, commands bigint, seconds double").json(files)
    return dated(rows.dropDuplicates(["began_at"]), FIRST_CHARTS)
