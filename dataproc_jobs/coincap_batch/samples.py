"""Silver to samples: one value per market and trade time, per asset and envelope time.

CoinCap reports the same trade time with another price at every poll (it converts anew), so a
sample's value is that of the first poll that saw it: a repeated old price is no new trade.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from coincap_batch.silver import ARRIVAL, ORDER, dated, first_by
from coincap_batch.tables import ASSET_SAMPLES, MARKET_KEY, MARKET_SAMPLES

WHERE_FROM = ("topic", *ARRIVAL)


def market_samples(markets: DataFrame) -> DataFrame:
    """Return the samples of market rows: price (USD), weight (whole USD), distrust.

    A row without a price or a trade time is no sample.
    """
    weight = F.coalesce(F.bround("volume_usd_24hr", 0), F.lit(0)).cast("decimal(20,0)")
    rows = markets.where("price_usd is not null and updated is not null")
    columns = [*MARKET_KEY, "updated", "price_usd", weight.alias("weight"), "distrust"]
    rows = rows.select(*columns, *ORDER, *WHERE_FROM)
    return dated(first_by(rows, MARKET_SAMPLES.identity, ORDER), MARKET_SAMPLES)


def asset_samples(assets: DataFrame) -> DataFrame:
    """Return the samples of asset rows: CoinCap's own price (USD) at the envelope's time."""
    rows = assets.where("price_usd is not null and envelope_at is not null")
    rows = rows.select("id", "envelope_at", "price_usd", *ORDER, *WHERE_FROM)
    return dated(first_by(rows, ASSET_SAMPLES.identity, ORDER), ASSET_SAMPLES)
