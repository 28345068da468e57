"""What the batch measures of the pipeline itself: copies per hour, the way to the first chart."""

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from coincap_batch import bronze
from coincap_batch.silver import dated
from coincap_batch.store import Store
from coincap_batch.tables import FIRST_CHARTS, FIRST_CHARTS_DDL, MESSAGE_HOURS


def count_messages(store: Store, arrived: DataFrame) -> None:
    """Count all messages of the hours in which some of ``arrived`` came; other hours stay."""
    hours = arrived.select(_hour()).distinct().localCheckpoint()
    dates = [row.date for row in hours.select(F.to_date("hour_start").alias("date")).collect()]
    messages = bronze.everything(store.spark, store.lake).where(F.col("date").isin(dates))
    messages = messages.join(F.broadcast(hours), _hour() == hours["hour_start"], "left_semi")
    counted = message_hours(messages)
    if not store.exists(MESSAGE_HOURS):
        store.replace(MESSAGE_HOURS, counted, [])
        return
    counted = counted.persist()
    days = sorted({str(date) for date in dates})
    stored = store.read(MESSAGE_HOURS, days).localCheckpoint()
    if not counted.exceptAll(stored.select(*counted.columns)).isEmpty():
        store.replace(MESSAGE_HOURS, kept_and_new(stored, counted, hours), days)
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
    counted = messages.groupBy("topic", _hour()).agg(
        F.count("*").alias("messages"), F.countDistinct(identity).alias("distinct_messages")
    )
    return dated(counted, MESSAGE_HOURS)


def kept_and_new(stored: DataFrame, counted: DataFrame, hours: DataFrame) -> DataFrame:
    """Return the stored hours other than ``hours`` and the newly counted ones."""
    kept = stored.join(F.broadcast(hours), "hour_start", "left_anti")
    return kept.select(*counted.columns).unionByName(counted)


def first_charts(spark: SparkSession, files: list[str]) -> DataFrame:
    """Return the demo's records, JSON files with began_at, commands and seconds."""
    if not files:
        return spark.createDataFrame([], FIRST_CHARTS_DDL)
    rows = spark.read.schema("began_at timestamp, commands bigint, seconds double").json(files)
    return dated(rows.dropDuplicates(["began_at"]), FIRST_CHARTS)


def _hour() -> Column:
    return F.date_trunc("hour", "timestamp").alias("hour_start")
