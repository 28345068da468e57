"""Which messages and history rows made a figure: pure transformations over silver."""

from datetime import datetime, timedelta

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from coincap.contract import record_type
from coincap.trust import seed
from coincap_batch.candles import period
from coincap_batch.silver import ORDER, first_by
from coincap_batch.tables import MARKET_KEY

COLUMNS = (
    *("verdict", "exchange_id", "base_id", "quote_id", "sampled_at", "price_usd"),
    *("volume_usd_24hr", "polled_at", "snapshot_id", "topic", "partition", "offset"),
    "message_text",
)
"""What is shown of a message; of an asset's, ``base_id`` is the asset.

A row of CoinCap's history was never in Kafka: its ``topic`` is the file that brought it."""


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


def history_messages(
    history: DataFrame, assets: DataFrame, figure: dict[str, str], asset: str, times: tuple
) -> DataFrame:
    """Return CoinCap's hourly prices of the asset with times in ``times``, each with a verdict.

    Verdicts: sample, or own_polls where the figure's candle is made of our own polls instead.
    """
    width = int(figure["width_minutes"])
    own = assets.where((F.col("id") == asset) & F.col("price_usd").isNotNull())
    polled = own.select(period("envelope_at", width).alias("_period"), F.lit(True).alias("_own"))
    rows = history.where(F.col("id") == asset).where(_within("time", *times))
    rows = rows.withColumn("_period", period("time", width))
    joined = rows.join(F.broadcast(polled.distinct()), "_period", "left")
    return joined.select(
        F.when(F.col("_own"), "own_polls").otherwise("sample").alias("verdict"),
        *_nothing("exchange_id"), F.col("id").alias("base_id"), *_nothing("quote_id"),
        F.col("time").alias("sampled_at"), "price_usd", *_nothing("volume_usd_24hr"),
        "polled_at", "snapshot_id", F.col("source_file").alias("topic"),
        *_nothing("partition", "offset", "message_text"),
    ).orderBy("sampled_at")  # fmt: skip


def refused_messages(letters: DataFrame, record: str, key: dict[str, str], times: tuple):
    """Return the rows of the key that were refused and polled within ``times``.

    ``record`` is market or asset; their verdict is dead_letter and why, their time that of the
    poll: a refused row's own time could not be trusted.
    """
    names = F.split("key", r"\|")
    of_market = F.size(names) == len(MARKET_KEY)
    parts = {
        name: F.when(of_market, names[place] if record == "market" else F.lit(None))
        for place, name in enumerate(MARKET_KEY)
    }
    if record == "asset":
        parts["base_id"] = F.col("key")
    endpoint = record_type(record).table
    rows = letters.where(F.col("endpoint") == endpoint).withColumns(parts).where(_is(key))
    return rows.where(_within("polled_at", *times)).select(
        F.concat(F.lit("dead_letter: "), "reason").alias("verdict"), *MARKET_KEY,
        F.col("polled_at").alias("sampled_at"), *_nothing("price_usd", "volume_usd_24hr"),
        "polled_at", "snapshot_id", F.col("source_topic").alias("topic"),
        F.col("source_partition").alias("partition"), F.col("source_offset").alias("offset"),
        F.col("raw").alias("message_text"),
    ).orderBy("sampled_at")  # fmt: skip


def dropped_copies(bronze: DataFrame, messages: DataFrame) -> DataFrame:
    """Return the copies of ``messages`` that silver left out, with the verdict copy.

    A copy has the same topic, snapshot and text at another offset; a function that was called
    twice makes one.
    """
    told = messages.where("message_text is not null").withColumn("verdict", F.lit("copy"))
    first = told.agg(F.min("polled_at")).first()[0]
    if first is None:
        return told
    # A poller's clock may be wrong by hours; a day's margin costs little.
    since = (first - timedelta(days=1)).date()
    stored = bronze.where(F.col("date") >= F.lit(since)).select(
        "topic", F.col("partition").alias("_partition"), F.col("offset").alias("_offset"),
        F.col("headers")["snapshot_id"].alias("snapshot_id"),
        F.col("value").cast("string").alias("message_text"),
    )  # fmt: skip
    joined = stored.join(F.broadcast(told), ["topic", "snapshot_id", "message_text"])
    copies = joined.where("_partition != partition or _offset != offset").withColumns(
        {"partition": F.col("_partition"), "offset": F.col("_offset")}
    )
    return copies.select(*COLUMNS).orderBy("sampled_at", "offset")


def _nothing(*names: str) -> list[Column]:
    return [F.lit(None).alias(name) for name in names]


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
