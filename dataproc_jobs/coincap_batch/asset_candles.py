"""Candles of assets: CoinCap's own price, the trustworthy markets' weights, history in the gaps."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from coincap_batch.candles import SUM_TYPES, has_gap, merged, period, vwap

KEY = ("asset_id",)
HOUR = 60
_TRUSTED = ("trusted_samples", "trusted_value_whole", "trusted_value_fraction", "trusted_weight")
COLUMNS = (
    *("asset_id", "period_start", "open", "high", "low", "close", "vwap", "samples", "source"),
    *("first_sampled_at", "last_sampled_at", "minutes_sampled", "has_gap", "market_samples"),
    *_TRUSTED[1:],
)


def with_vwap(ohlc: DataFrame, market_candles: DataFrame, minutes: int) -> DataFrame:
    """Return asset candles with the VWAP of the trustworthy market samples of their period.

    ``ohlc`` holds the asset's candles of a width (minutes) with their ``source``,
    ``market_candles`` those of all markets of the same width. An asset without a trustworthy
    sample in the period has no VWAP.
    """
    sums = [
        F.sum(name).cast(SUM_TYPES[name.removeprefix("trusted_")]).alias(name) for name in _TRUSTED
    ]
    by_asset = market_candles.groupBy(F.col("base_id").alias("asset_id"), "period_start").agg(*sums)
    rows = ohlc.join(by_asset, ["asset_id", "period_start"], "left")
    return rows.withColumns(
        {
            "vwap": vwap("trusted_"),
            "has_gap": has_gap(minutes),
            "market_samples": F.coalesce("trusted_samples", F.lit(0)),
        }
    ).select(*COLUMNS)


def from_history(history: DataFrame) -> DataFrame:
    """Return the hours of CoinCap's hourly history, as candles before their VWAP.

    An hour has one price, so its open, high, low and close are one and it has no gap.
    """
    price, time = F.col("price_usd"), F.col("time")
    hours = history.select(
        F.col("id").alias("asset_id"),
        period("time", HOUR).alias("period_start"),
        *(price.alias(name) for name in ("open", "high", "low", "close")),
        time.alias("first_sampled_at"),
        time.alias("last_sampled_at"),
        F.lit(1).cast("bigint").alias("samples"),
        F.lit(HOUR).cast("bigint").alias("minutes_sampled"),
        F.lit("history").alias("source"),
    )
    return merged(hours, KEY, HOUR)


def filled(own: DataFrame, history: DataFrame) -> DataFrame:
    """Return our own hours, and those of CoinCap's history in which we have no sample.

    Days are merged of these hours, so a day that we polled in part has the rest from history.
    """
    gaps = history.join(own, ["asset_id", "period_start"], "left_anti")
    return own.unionByName(gaps)
