"""What the batch and the live tables in PostgreSQL have to do with each other.

``rebuilds`` puts candles that the stream queued (a sample came after its window) right again
from the lake; ``live_figures`` brings the live candles' counts and sums per hour into the lake.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from psycopg import Connection, sql
from pyspark.sql import DataFrame, SparkSession

from coincap_batch.store import Store
from coincap_batch.tables import (
    ASSET_CANDLES,
    LIVE_HOURS_DDL,
    MARKET_CANDLES,
    SERVING_HOURS_DDL,
)

SETTLED = timedelta(minutes=90)
"""A queued minute stays in the queue for so long: its late sample may not be in silver yet."""

_KEYS = {
    "market_candles_1m": ("base_id", "exchange_id", "quote_id"),
    "asset_candles_1m": ("asset_id",),
}
_OHLC = ("open", "high", "low", "close", "vwap", "samples", "first_sampled_at", "last_sampled_at")
_GOLD = {"market_candles_1m": MARKET_CANDLES["1m"], "asset_candles_1m": ASSET_CANDLES["1m"]}


def rebuild_queued(store: Store, connection: Connection, now: datetime) -> dict[str, int]:
    """Put the queued minutes right from the lake; return how many candles per table changed.

    A candle is only replaced by one of at least as many samples, so a lake that lags behind
    the stream never makes the live table poorer.
    """
    changed = {}
    for table in _KEYS:
        queue = _queued(connection, table)
        rows = _from_lake(store, table, queue) if queue and store.exists(_GOLD[table]) else []
        with connection.transaction(), connection.cursor() as cursor:
            # The day's partition may be gone: a sample can be older than what is kept live.
            for day in {row["minute_start"].date() for row in rows}:
                cursor.execute("select market.ensure_partition(%s, %s)", (table, day))
            for row in rows:
                cursor.execute(_upsert(table, tuple(row)), row)
            cursor.execute(
                "update market.candle_rebuilds set done_at = now() "
                "where candle_table = %s and done_at is null and queued_at < %s",
                (table, now.astimezone(UTC) - SETTLED),
            )
        changed[table] = len(rows)
    return changed


def _queued(connection: Connection, table: str) -> list[tuple]:
    keys = ("base_id", "exchange_id", "quote_id", "minute_start")
    query = sql.SQL(
        "select {} from market.candle_rebuilds where candle_table = %s and done_at is null"
    ).format(sql.SQL(", ").join(map(sql.Identifier, keys)))
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
        whole, fraction = row[f"{source}value_whole"], row[f"{source}value_fraction"]
        live[f"{name}price_weight_sum"] = Decimal(whole or 0) + Decimal(fraction or 0)
        live[f"{name}weight_sum"] = Decimal(row[f"{source}weight"] or 0)
    return live


def _upsert(table: str, columns: tuple[str, ...]) -> sql.Composed:
    key = (*_KEYS[table], "minute_start")
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    values = sql.SQL(", ").join(map(sql.Placeholder, columns))
    updates = sql.SQL(", ").join(
        sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name))
        for name in columns
        if name not in key
    )
    return sql.SQL(
        "insert into market.{table} as c ({names}) values ({values}) "
        "on conflict ({key}) do update set {updates} where excluded.samples >= c.samples"
    ).format(
        table=sql.Identifier(table),
        names=names,
        values=values,
        key=sql.SQL(", ").join(map(sql.Identifier, key)),
        updates=updates,
    )


def live_hours(spark: SparkSession, connection: Connection) -> DataFrame:
    """Return the live candles' figures per table and hour, for every hour they still hold."""
    query = " union all ".join(
        f"select '{table}' as candle_table, date_trunc('hour', minute_start) as hour_start, "
        "count(*) as candles, sum(samples)::bigint as samples, sum(open) as open_sum, "
        f"sum(close) as close_sum from market.{table} group by 2"
        for table in _KEYS
    )
    now = datetime.now(UTC)
    rows = []
    for name, start, candles, samples, opened, closed in connection.execute(query).fetchall():
        hour = start.astimezone(UTC)
        sums = (Decimal(opened), Decimal(closed))
        rows.append((name, hour, candles, samples, *sums, now, hour.date()))
    return spark.createDataFrame(rows, LIVE_HOURS_DDL)


def serving_hours(spark: SparkSession, connection: Connection) -> DataFrame:
    """Return per hour how old (seconds since its poll) a batch's newest row was when committed.

    Of a replay of old responses, over a day old at its commit, nothing is measured.
    """
    query = """
        select
            date_trunc('hour', finished_at) as hour_start, count(*), sum(messages)::bigint,
            percentile_cont(array[0.5, 0.95, 0.99]) within group (
                order by extract(epoch from finished_at - newest_polled_at)::float8
            )
        from market.stream_progress
        where query = 'serve' and messages > 0
            and newest_polled_at > finished_at - interval '1 day'
        group by 1
    """
    now, rows = datetime.now(UTC), []
    for start, batches, messages, ages in connection.execute(query).fetchall():
        hour = start.astimezone(UTC)
        rows.append((hour, batches, messages, *ages, now, hour.date()))
    return spark.createDataFrame(rows, SERVING_HOURS_DDL)
