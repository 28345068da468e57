"""Puts live candles right that the stream queued: a sample came after its window.

They are taken from the lake, which has every sample.
"""

from datetime import UTC, datetime, timedelta

from psycopg import Connection, sql

from coincap_batch.live_rows import listed, upsert, weighted_sums
from coincap_batch.store import Store
from coincap_batch.tables import ASSET_CANDLES, MARKET_CANDLES

SETTLED = timedelta(minutes=90)
"""A queued minute stays in the queue for so long: its late sample may not be in silver yet."""

_KEYS = {
    "market_candles_1m": ("base_id", "exchange_id", "quote_id"),
    "asset_candles_1m": ("asset_id",),
}
_OHLC = ("open", "high", "low", "close", "vwap", "samples", "first_sampled_at", "last_sampled_at")
_GOLD = {"market_candles_1m": MARKET_CANDLES["1m"], "asset_candles_1m": ASSET_CANDLES["1m"]}


def rebuild_queued(store: Store, connection: Connection, now: datetime) -> dict[str, int]:
    """Put the queued minutes right from the lake; return how many candles per table were.

    A candle is only replaced by one of at least as many samples, so a lake that lags behind
    the stream never makes the live table poorer. A minute of which the lake has no candle, or
    a poorer one, stays in the queue for the next run.
    """
    changed = {}
    for table in _KEYS:
        queue = _queued(connection, table)
        rows = _from_lake(store, table, queue) if queue and store.exists(_GOLD[table]) else []
        with connection.transaction(), connection.cursor() as cursor:
            # The day's partition may be gone: a sample can be older than what is kept live.
            for day in {row["minute_start"].date() for row in rows}:
                cursor.execute("select market.ensure_partition(%s, %s)", (table, day))
            put = [row for row in rows if cursor.execute(_upsert(table, tuple(row)), row).rowcount]
            cursor.executemany(_DONE, [_entry(table, row, now - SETTLED) for row in put])
        changed[table] = len(put)
    return changed


def waiting(connection: Connection) -> tuple[int, datetime | None]:
    """Return how many minutes are in the queue and since when the oldest (UTC)."""
    query = "select count(*), min(queued_at) from market.candle_rebuilds where done_at is null"
    return connection.execute(query).fetchone()


_DONE = """
    update market.candle_rebuilds set done_at = now()
    where candle_table = %(table)s and base_id = %(base_id)s and exchange_id = %(exchange_id)s
        and quote_id = %(quote_id)s and minute_start = %(minute_start)s
        and done_at is null and queued_at < %(settled)s
"""


def _entry(table: str, row: dict, settled: datetime) -> dict:
    """Return the key in the queue of a live row, and when it must have been queued to be done."""
    key = {"exchange_id": "", "quote_id": "", **row, "table": table, "settled": settled}
    return key | ({"base_id": row["asset_id"]} if "asset_id" in row else {})


def _queued(connection: Connection, table: str) -> list[tuple]:
    keys = ("base_id", "exchange_id", "quote_id", "minute_start")
    query = sql.SQL(
        "select {} from market.candle_rebuilds where candle_table = %s and done_at is null"
    ).format(listed(keys))
    return connection.execute(query, (table,)).fetchall()


def _from_lake(store: Store, table: str, queue: list[tuple]) -> list[dict]:
    days = sorted({row[3].astimezone(UTC).date().isoformat() for row in queue})
    wanted = store.spark.createDataFrame(
        queue, "base_id string, exchange_id string, quote_id string, period_start timestamp"
    )
    key = _KEYS[table]
    if table == "asset_candles_1m":
        wanted = wanted.withColumnRenamed("base_id", "asset_id")
    gold = store.read(_GOLD[table], days)
    found = gold.join(wanted.select(*key, "period_start").distinct(), [*key, "period_start"])
    return [_live_row(table, row.asDict()) for row in found.toLocalIterator()]


def _live_row(table: str, row: dict) -> dict:
    live = {name: row[name] for name in (*_KEYS[table], *_OHLC)}
    live["minute_start"] = row["period_start"]
    for name in ("first_sampled_at", "last_sampled_at", "minute_start"):
        live[name] = live[name].astimezone(UTC)
    if table == "asset_candles_1m":
        live |= {"market_samples": row["market_samples"]}
        prefixes = {"": "trusted_"}
    else:
        live |= {"trusted_samples": row["trusted_samples"]}
        prefixes = {"": "", "trusted_": "trusted_"}
    for name, source in prefixes.items():
        sums = weighted_sums(row, source)
        live[f"{name}price_weight_sum"], live[f"{name}weight_sum"] = sums
    return live


def _upsert(table: str, columns: tuple[str, ...]) -> sql.Composed:
    values = sql.SQL("values ({})").format(sql.SQL(", ").join(map(sql.Placeholder, columns)))
    richer = sql.SQL("excluded.samples >= c.samples")
    return upsert(table, (*_KEYS[table], "minute_start"), columns, values, richer)
