"""Samples to candles, and finer candles to coarser ones: pure transformations.

A candle is a mergeable row: first and last with their times, high, low, number of samples,
and the sums that a volume-weighted price needs. Merging the candles of a day's minutes gives
what the day's samples give, digit by digit.

Sums of price × weight are kept in two columns, whole and fractional part, because one
DECIMAL(38,18) overflows at 1e20: a made-up volume of 1e12 on a price of 1e9 would do.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

SUMS = (
    "minutes_sampled",
    *(
        f"{prefix}{name}"
        for prefix in ("", "trusted_")
        for name in ("samples", "value_whole", "value_fraction", "weight")
    ),
)
"""Additive columns of a candle of markets; ``trusted_``: the part that may price the asset."""


def period(time: str, minutes: int) -> Column:
    """Return the start of the period of that width (minutes, dividing a day) a time lies in."""
    width = minutes * 60
    return F.timestamp_seconds(F.floor(F.unix_seconds(F.col(time)) / width) * width)


def from_samples(samples: DataFrame, key: tuple[str, ...], time: str) -> DataFrame:
    """Return candles of one minute. ``samples`` has the key, the time and ``price_usd``.

    Where it has ``weight`` and ``distrust`` too, the candles carry the sums of both kinds.
    """
    price = F.col("price_usd")
    columns = [
        F.min_by(price, F.col(time)).alias("open"),
        F.max(price).alias("high"),
        F.min(price).alias("low"),
        F.max_by(price, F.col(time)).alias("close"),
        F.min(time).alias("first_sampled_at"),
        F.max(time).alias("last_sampled_at"),
        F.count("*").alias("samples"),
        F.lit(1).cast("bigint").alias("minutes_sampled"),
    ]
    # Narrow samples travel instead of wide candles, of which a poll a minute leaves as many.
    samples = samples.repartition(*key)
    if "weight" in samples.columns:
        samples = samples.withColumns(_products())
        trusted = F.col("distrust").isNull()
        columns += [_sum(name) for name in PRODUCTS]
        columns.append(F.count(F.when(trusted, 1)).alias("trusted_samples"))
        columns += [_sum(name, trusted) for name in PRODUCTS]
    return samples.groupBy(*key, period(time, 1).alias("period_start")).agg(*columns)


def merged(candles: DataFrame, key: tuple[str, ...], minutes: int) -> DataFrame:
    """Return the candles of a coarser width from those of a finer one that divides it.

    Where they have a ``source``, the coarser one is of ``markets`` as soon as a part of it is.
    """
    columns = [
        F.min_by("open", "first_sampled_at").alias("open"),
        F.max("high").alias("high"),
        F.min("low").alias("low"),
        F.max_by("close", "last_sampled_at").alias("close"),
        F.min("first_sampled_at").alias("first_sampled_at"),
        F.max("last_sampled_at").alias("last_sampled_at"),
    ]
    if "source" in candles.columns:
        of_markets = F.bool_or(F.col("source") == "markets")
        columns.append(F.when(of_markets, "markets").otherwise("history").alias("source"))
    columns += [_sum(name) for name in SUMS if name in candles.columns]
    return candles.groupBy(*key, period("period_start", minutes).alias("period_start")).agg(
        *columns
    )


def has_gap(minutes: int) -> Column:
    """Return whether a candle of that width lacks a sample in at least one of its minutes."""
    return F.col("minutes_sampled") < minutes


def vwap(prefix: str = "") -> Column:
    """Return sum(price × weight) / sum(weight) as DECIMAL(38,18), null where the weight is 0.

    Spark's own quotient of such decimals keeps 11 digits before the point. So the whole part
    is divided first and the remainder, which is smaller than twice the weight, after it.
    """
    whole, fraction, weight = (f"{prefix}{n}" for n in ("value_whole", "value_fraction", "weight"))
    divisor = f"cast(nullif({weight}, 0) as decimal(20,0))"
    quotient = f"cast({whole} div {divisor} as decimal(20,0))"
    rest = f"cast({whole} - {quotient} * {divisor} as decimal(38,18))"
    return F.expr(
        f"cast({quotient} + bround(({rest} + {fraction}) / {divisor}, 18) as decimal(38,18))"
    )


def own_vwap() -> Column:
    """Return ``vwap()`` of a candle with its high and low, without a division where they agree.

    Of equal prices the mean is the price, whatever the weights; so it is of a single sample,
    which is all that a minute holds where markets are polled once a minute.
    """
    one_price = (F.col("high") == F.col("low")) & (F.col("weight") > 0)
    return F.when(one_price, F.col("low")).otherwise(vwap())


PRODUCTS = ("value_whole", "value_fraction", "weight")
"""What a VWAP is made of: sum(price × weight) in two parts, sum(weight)."""


def _products() -> dict[str, Column]:
    """Return what is summed: price × weight in two parts, and the weight.

    Columns of their own, so that each product is computed once for the sums of both kinds.
    """
    weight = F.col("weight").cast("decimal(20,0)")
    whole = F.floor("price_usd").cast("decimal(20,0)")
    fraction = (F.col("price_usd") - whole).cast("decimal(18,18)")
    return {
        "value_whole": (whole * weight).cast("decimal(38,0)"),
        "value_fraction": (fraction * weight).cast("decimal(38,18)"),
        "weight": weight,
    }


SUM_TYPES = {
    "minutes_sampled": "bigint",
    "samples": "bigint",
    "value_whole": "decimal(38,0)",
    "value_fraction": "decimal(38,18)",
    "weight": "decimal(30,0)",
}


def _sum(name: str, kept: Column | None = None) -> Column:
    """Return the sum of a column, of the rows where ``kept`` holds as ``trusted_…``."""
    kind = SUM_TYPES[name.removeprefix("trusted_")]
    if kept is None:
        return F.sum(name).cast(kind).alias(name)
    return F.sum(F.when(kept, F.col(name)).otherwise(0)).cast(kind).alias(f"trusted_{name}")
