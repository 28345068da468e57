"""Which messages made a candle: pure transformations over silver and gold."""

from datetime import datetime, timedelta

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from coincap_batch.silver import ORDER
from coincap_batch.tables import FRAMES, MARKET_KEY

COLUMNS = (
    *("verdict", "sampled_at", "price_usd", "volume_usd_24hr", "distrust", "polled_at"),
    *("snapshot_id", "topic", "partition", "offset", "message_text"),
)


def market_messages(markets: DataFrame, key: tuple, start: datetime, frame: str) -> DataFrame:
    """Return the messages behind one market's candle, each with a verdict.

    ``key`` is (exchange, base, quote), ``start`` the candle's start in UTC. Verdicts: sample
    (it made the candle), repeat (a later poll of a known trade time), no_price.
    """
    same = [F.col(name) == value for name, value in zip(MARKET_KEY, key, strict=True)]
    rows = markets.where(_all(same)).where(_within("updated", start, frame))
    return _judged(rows.withColumn("sampled_at", F.col("updated")), (*MARKET_KEY, "updated"))


def asset_market_messages(markets: DataFrame, asset: str, start: datetime, frame: str) -> DataFrame:
    """Return the market messages behind an asset candle's VWAP, with what was left out and why.

    A sample that may not price its asset has its reason as verdict, for example official_fx.
    """
    rows = markets.where(F.col("base_id") == asset).where(_within("updated", start, frame))
    judged = _judged(rows.withColumn("sampled_at", F.col("updated")), (*MARKET_KEY, "updated"))
    left_out = (F.col("verdict") == "sample") & F.col("distrust").isNotNull()
    return judged.withColumn(
        "verdict", F.when(left_out, F.col("distrust")).otherwise(F.col("verdict"))
    )


def asset_messages(assets: DataFrame, asset: str, start: datetime, frame: str) -> DataFrame:
    """Return the asset messages behind an asset candle's open, high, low and close."""
    rows = assets.where(F.col("id") == asset).where(_within("envelope_at", start, frame))
    named = rows.withColumns(
        {"sampled_at": F.col("envelope_at"), "distrust": F.lit(None).cast("string")}
    )
    return _judged(named, ("id", "envelope_at"))


def _judged(rows: DataFrame, identity: tuple[str, ...]) -> DataFrame:
    first = Window.partitionBy(*identity, F.col("price_usd").isNull()).orderBy(*ORDER)
    verdict = (
        F.when(F.col("price_usd").isNull(), "no_price")
        .when(F.row_number().over(first) == 1, "sample")
        .otherwise("repeat")
    )
    return rows.withColumn("verdict", verdict).select(*COLUMNS).orderBy("sampled_at", "polled_at")


def _within(column: str, start: datetime, frame: str) -> Column:
    end = start + timedelta(minutes=FRAMES[frame])
    return (F.col(column) >= F.lit(start)) & (F.col(column) < F.lit(end))


def _all(conditions: list[Column]) -> Column:
    joined = conditions[0]
    for condition in conditions[1:]:
        joined &= condition
    return joined
