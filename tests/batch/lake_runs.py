"""Messages into bronze, and runs of the batch over it."""

from bronze_rows import COLUMNS

from coincap_batch import pipeline
from coincap_batch.state import State
from coincap_batch.store import Store


def archive(spark, lake, rows) -> None:
    """Append messages to bronze, as the stream's archive does."""
    frame = spark.createDataFrame(rows, COLUMNS)
    frame.write.format("delta").mode("append").partitionBy("date", "topic").save(f"{lake}/bronze")


def batch_of(spark, lake, start=None, end=None) -> pipeline.Batch:
    return pipeline.Batch(Store(spark, str(lake)), State(spark, str(lake)), start, end)


def run(spark, lake, start=None, end=None, steps=pipeline.DEFAULT_STEPS) -> pipeline.Batch:
    """Run the steps over what is new in bronze, or over a window of arrival."""
    batch = batch_of(spark, lake, start, end)
    for step in steps:
        pipeline.STEPS[step](batch)
    return batch
