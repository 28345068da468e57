"""Before anything leaves Spark: one row per key and event time.

Two facts about the same (key, event time) survive a batch: the newest poll, which feeds the
latest rows, and the first poll with a price, which is the sample's value (a repeated old price
is no new trade). Both are order-free, so any split of the input into batches ends in the same
tables.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from coincap.contract import RecordType
from coincap.trust import distrust_sql

EVENT_TIME = {"asset": "envelope_at", "market": "updated", "exchange": "updated", "rate": None}
"""The column that dates a row; None: only the poll does."""
SAMPLED = ("asset", "market")
"""Record types whose rows are price samples."""


def reduce_rows(rows: DataFrame, record: RecordType) -> DataFrame:
    """Return one row per key and event time of a record type of which we keep latest rows.

    Columns: those of the table (``market_columns``), and for samples first_price,
    first_polled_at, first_snapshot_id, first_md5, for markets also first_weight (whole USD)
    and first_distrust; ``polls`` is the number of messages behind the row.
    """
    event_time = EVENT_TIME[record.name]
    keys = [*record.key_columns, *([event_time] if event_time else [])]
    values = [name for name in table_columns(record) if name not in keys]
    newest = F.max(
        F.struct(
            "polled_at",
            "snapshot_id",
            "value_md5",
            *[
                F.col(name).alias(f"v_{name}")
                for name in values
                if name not in ("polled_at", "snapshot_id", "value_md5")
            ],
        )
    )
    aggregates = [newest.alias("newest"), F.count(F.lit(1)).alias("polls")]
    if record.name in SAMPLED:
        aggregates.append(_first(record).alias("first"))
    prepared = (
        rows.withColumn("distrust", F.expr(distrust_sql())) if record.name == "market" else rows
    )
    grouped = prepared.groupBy(*keys).agg(*aggregates)
    columns = [
        F.col(name)
        if name in keys
        else F.col(f"newest.{name}")
        if name in ("polled_at", "snapshot_id", "value_md5")
        else F.col(f"newest.v_{name}").alias(name)
        for name in table_columns(record)
    ]
    firsts = [F.col(f"first.{name}").alias(name) for name in first_columns(record)]
    return grouped.select(*columns, *firsts, "polls")


def table_columns(record: RecordType) -> list[str]:
    """Return the columns of the record's latest-row table, in order."""
    extra = {
        "asset": ["polled_at", "snapshot_id", "api_version", "envelope_at", "value_md5"],
        "market": ["polled_at", "snapshot_id", "api_version", "distrust", "value_md5"],
    }.get(record.name, ["polled_at", "snapshot_id", "api_version", "value_md5"])
    return [field.column for field in record.fields] + extra


def first_columns(record: RecordType) -> list[str]:
    """Return the columns that hold the sample's value (empty for rates and exchanges)."""
    common = ["first_polled_at", "first_snapshot_id", "first_md5", "first_price"]
    return {"asset": common, "market": [*common, "first_weight", "first_distrust"]}.get(
        record.name, []
    )


def _first(record: RecordType):
    columns = [
        F.col("polled_at").alias("first_polled_at"),
        F.col("snapshot_id").alias("first_snapshot_id"),
        F.col("value_md5").alias("first_md5"),
        F.col("price_usd").alias("first_price"),
    ]
    if record.name == "market":
        weight = F.bround("volume_usd_24hr", 0).cast("decimal(20,0)")
        columns += [
            F.coalesce(weight, F.lit(0).cast("decimal(20,0)")).alias("first_weight"),
            F.col("distrust").alias("first_distrust"),
        ]
    # A poll without a price is no sample, so it must not hide a later one that has one.
    return F.min(F.when(F.col("price_usd").isNotNull(), F.struct(*columns)))
