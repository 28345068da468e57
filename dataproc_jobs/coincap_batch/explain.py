"""Which messages made a figure: pure transformations over silver."""

from datetime import datetime, timedelta

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from coincap.trust import seed
from coincap_batch.silver import ORDER, first_by
from coincap_batch.tables import MARKET_KEY

COLUMNS = (
    *("verdict", "exchange_id", "base_id", "quote_id", "sampled_at", "price_usd"),
    *("volume_usd_24hr", "polled_at", "snapshot_id", "topic", "partition", "offset"),
    "message_text",
)
"""What is shown of a message; of an asset's, ``base_id`` is the asset."""


def figures(mart: str) -> list[dict[str, str]]:
    """Return what a mart's figures are made of, one entry per record type.

    Raises ValueError naming the marts that can be explained.
    """
    rows = seed("figures")
    found = [row for row in rows if row["mart"] == mart]
    if not found:
        known = ", ".join(sorted({row["mart"] for row in rows}))
        raise ValueError(f"no mart {mart!r} can be explained; there are {known}")
    return found


def window(figure: dict[str, str], start: datetime) -> tuple[datetime, datetime]:
    """Return the times (UTC, end exclusive) of the samples behind the figure at ``start``."""
    width = timedelta(minutes=int(figure["width_minutes"]))
    return start - timedelta(minutes=int(figure["lookback_minutes"])), start + width


def market_messages(
    markets: DataFrame, key: dict[str, str], start: datetime, end: datetime
) -> DataFrame:
    """Return the messages of markets with trade times in [start, end), each with a verdict.

    ``key`` holds the columns that choose the markets. Verdicts: sample (it counts), repeat (a
    later poll of a known trade time), no_price, or why it may not price its asset.
    """
    rows = markets.where(_is(key)).where(_within("updated", start, end))
    return _judged(rows.withColumn("sampled_at", F.col("updated")), (*MARKET_KEY, "updated"))


def newest_market_messages(markets: DataFrame, asset: str) -> DataFrame:
    """Return the newest message of each market of an asset, as spreads and shares read them."""
    newest = [F.col(name).desc() for name in ("updated", *ORDER)]
    rows = markets.where(F.col("base_id") == asset)
    rows = first_by(rows, MARKET_KEY, newest).withColumn("sampled_at", F.col("updated"))
    return _judged(rows, MARKET_KEY)


def asset_messages(assets: DataFrame, asset: str, start: datetime, end: datetime) -> DataFrame:
    """Return the asset's messages with envelope times in [start, end), each with a verdict."""
    rows = assets.where(F.col("id") == asset).where(_within("envelope_at", start, end))
    nothing = F.lit(None).cast("string")
    named = rows.withColumns(
        {
            "sampled_at": F.col("envelope_at"),
            "base_id": F.col("id"),
            **dict.fromkeys(("exchange_id", "quote_id", "distrust"), nothing),
        }
    )
    return _judged(named, ("base_id", "envelope_at"))


def _judged(rows: DataFrame, identity: tuple[str, ...]) -> DataFrame:
    first = Window.partitionBy(*identity, F.col("price_usd").isNull()).orderBy(*ORDER)
    verdict = (
        F.when(F.col("price_usd").isNull(), "no_price")
        .when(F.row_number().over(first) > 1, "repeat")
        .otherwise(F.coalesce("distrust", F.lit("sample")))
    )
    judged = rows.withColumn("verdict", verdict).select(*COLUMNS)
    return judged.orderBy("sampled_at", "polled_at", "exchange_id", "quote_id")


def _within(column: str, start: datetime, end: datetime) -> Column:
    return (F.col(column) >= F.lit(start)) & (F.col(column) < F.lit(end))


def _is(key: dict[str, str]) -> Column:
    chosen = F.lit(True)
    for name, value in key.items():
        chosen &= F.col(name) == value
    return chosen
