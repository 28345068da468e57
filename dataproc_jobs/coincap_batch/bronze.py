"""Reads bronze: the messages as they were in Kafka, what is new or by the time of arrival."""

from datetime import datetime

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from coincap_batch.changes import Log, Mark
from coincap_batch.store import naming

COLUMNS = (
    "topic string, topic_id string, partition int, offset bigint, timestamp timestamp, "
    "key string, value binary, headers map<string,string>, date date"
)


def messages(spark: SparkSession, lake: str, start: datetime, end: datetime) -> DataFrame:
    """Return the messages with start <= Kafka timestamp < end; none where bronze is not there yet.

    ``start`` and ``end`` are UTC and aware.
    """
    rows = everything(spark, lake)
    in_window = (F.col("timestamp") >= F.lit(start)) & (F.col("timestamp") < F.lit(end))
    in_dates = F.col("date").between(F.lit(start.date()), F.lit(end.date()))
    return rows.where(in_window & in_dates)


def gained(spark: SparkSession, lake: str, before: Mark | None) -> tuple[DataFrame, Mark | None]:
    """Return the messages archived after ``before``, and the mark up to which they reach.

    The mark is None, and there are no messages, where bronze is not there yet. Raises
    StoreError naming the day of a file that is gone.
    """
    log = Log(spark, _path(lake))
    now = log.mark()
    if now is None:
        return spark.createDataFrame([], COLUMNS), None
    with naming("bronze", []):
        return log.rows(before, now), now


def everything(spark: SparkSession, lake: str) -> DataFrame:
    """Return all messages; none where bronze is not there yet."""
    if not DeltaTable.isDeltaTable(spark, _path(lake)):
        return spark.createDataFrame([], COLUMNS)
    return spark.read.format("delta").load(_path(lake))


def _path(lake: str) -> str:
    return f"{lake.rstrip('/')}/bronze"
