"""Which messages made a live spread: PostgreSQL says which rows it saw, silver has their text."""

from psycopg import Connection
from psycopg.rows import dict_row
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from coincap_batch.tables import MARKET_KEY

_SEEN = """
select
    m.exchange_id, m.base_id, m.quote_id, m.price_usd, m.snapshot_id,
    replace(m.value_md5::text, '-', '') as value_md5,
    case
        when (m.exchange_id, m.quote_id) = (s.bid_exchange_id, s.bid_quote_id) then 'bid'
        when (m.exchange_id, m.quote_id) = (s.ask_exchange_id, s.ask_quote_id) then 'ask'
        else coalesce(m.distrust, 'sample')
    end as verdict
from market.markets as m
join market.spreads as s on s.base_id = m.base_id
where m.base_id = %s
"""


def live_spread(connection: Connection, asset: str) -> dict | None:
    """Return the asset's row of ``market.spreads``, or None where it has none."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute("select * from market.spreads where base_id = %s", [asset]).fetchone()


def spread_messages(connection: Connection, markets: DataFrame, asset: str) -> DataFrame:
    """Return the newest message of each market of the asset as the stream stored it.

    Verdicts: bid, ask, sample (considered, neither best), or why the market was left out. A
    message that silver does not have yet has no topic, offset and text.
    """
    seen = connection.execute(_SEEN, [asset]).fetchall()
    columns = "exchange_id string, base_id string, quote_id string, price_usd decimal(38,18), "
    rows = markets.sparkSession.createDataFrame(
        seen, columns + "snapshot_id string, value_md5 string, verdict string"
    )
    stored = markets.where(F.col("base_id") == asset).select(
        *MARKET_KEY, "snapshot_id", "value_md5", F.col("updated").alias("sampled_at"),
        "volume_usd_24hr", "polled_at", "topic", "partition", "offset", "message_text",
    )  # fmt: skip
    joined = rows.join(stored, [*MARKET_KEY, "snapshot_id", "value_md5"], "left")
    return joined.select(
        "verdict", *MARKET_KEY, "sampled_at", "price_usd", "volume_usd_24hr", "polled_at",
        "snapshot_id", "topic", "partition", "offset", "message_text",
    ).orderBy(F.col("price_usd").desc())  # fmt: skip
