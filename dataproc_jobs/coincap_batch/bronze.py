"""Reads bronze: the messages as they were in Kafka, by the time of their arrival."""

from datetime import datetime

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

COLUMNS = (
    "topic string, topic_id string, partition int, offset bigint, timestamp timestamp, "
    "key string, value binary, headers map<string,string>, date date"
)


def messages(spark: SparkSession, lake: str, start: datetime, end: datetime) -> DataFrame:
    """Return the messages with start <= Kafka timestamp < end; none where bronze is not there yet.

    ``start`` and ``end`` are UTC and aware.
    """
    path = f"{lake.rstrip('/')}/bronze"
    if not DeltaTable.isDeltaTable(spark, path):
        return spark.createDataFrame([], COLUMNS)
    rows = spark.read.format("delta").load(path)
    in_window = (F.col("timestamp") >= F.lit(start)) & (F.col("timestamp") < F.lit(end))
    in_dates = F.col("date").between(F.lit(start.date()), F.lit(end.date()))
    return rows.where(in_window & in_dates)
