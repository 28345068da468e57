"""Brings the lake's candles by the hour into PostgreSQL, where long ranges are drawn from them.

Only days that changed in the lake since the last time are read, and of them only rows that
differ are written. How far it has come is noted in PostgreSQL, after the last day: a run that
was killed is done again by the next, and ends in the same tables.
"""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from psycopg import Connection, Cursor, sql
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from coincap_batch.candles import PRODUCTS
from coincap_batch.changes import Mark
from coincap_batch.live_rows import listed, upsert, weighted_sums
from coincap_batch.store import Store
from coincap_batch.tables import ASSET_CANDLES, MARKET_CANDLES, MARKET_KEY, LakeTable

KEPT = timedelta(days=400)
"""As long as market.drop_expired keeps hours: older ones would come and go."""

_OHLC = ("open", "high", "low", "close", "vwap", "samples", "minutes_sampled")
_SUMS = ("price_weight_sum", "weight_sum")
_OWN = {
    ASSET_CANDLES["1h"]: (("asset_id",), "trusted_", ("source", "market_samples")),
    MARKET_CANDLES["1h"]: (MARKET_KEY, "", ("trusted_samples",)),
}
"""Per table: its key before the time, the prefix of its sums in the lake, what else it has."""


def roll_up(store: Store, connection: Connection) -> dict[str, int]:
    """Bring the hours of every day that changed up to date; return rows written per table."""
    return {table.name: _roll_up(store, connection, table) for table in _OWN if store.exists(table)}


def _roll_up(store: Store, connection: Connection, table: LakeTable) -> int:
    now, days = store.mark(table), sorted(store.files(table))
    if not days:
        return 0
    query = "select mark from market.roll_ups where candle_table = %s"
    found = connection.execute(query, [table.name]).fetchone()
    changed = store.touched(table, Mark.of(found and found[0]), now)
    oldest = (date.fromisoformat(days[-1]) - KEPT).isoformat()
    written = 0
    for day in sorted(day for day in changed if day >= oldest):
        with connection.transaction(), connection.cursor() as cursor:
            written += _replace(cursor, table, store.read(table, [day]), date.fromisoformat(day))
    newest = store.read(table, days[-1:]).agg(F.max("period_start")).first()[0]
    entry = [table.name, newest.astimezone(UTC), json.dumps(now.json())]
    connection.execute(_REACHED, entry)
    return written


_REACHED = """
    insert into market.roll_ups (candle_table, reached, mark) values (%s, %s, %s)
    on conflict (candle_table) do update
    set reached = excluded.reached, mark = excluded.mark, rolled_up_at = now()
"""


def _replace(cursor: Cursor, table: LakeTable, hours: DataFrame, day: date) -> int:
    """Make the day's rows those of the lake; return how many were written or deleted."""
    own, prefix, others = _OWN[table]
    key = (*own, "hour_start")
    columns = (*key, *_OHLC, *_SUMS, *others)
    names = {"table": sql.Identifier(table.name), "columns": listed(columns), "key": listed(key)}
    cursor.execute(sql.SQL(_STAGING).format(**names))
    with cursor.copy(sql.SQL("copy hours_of_day ({columns}) from stdin").format(**names)) as copy:
        for row in _rows(hours, columns, prefix):
            copy.write_row(row)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    span = [start, start + timedelta(days=1)]
    gone = cursor.execute(sql.SQL(_GONE).format(**names), span).rowcount
    staged = sql.SQL("select {columns} from hours_of_day").format(**names)
    old, new = (_of(row, columns) for row in ("c", "excluded"))
    differs = sql.SQL("({}) is distinct from ({})").format(old, new)
    return gone + cursor.execute(upsert(table.name, key, columns, staged, differs)).rowcount


_STAGING = """
    create temporary table hours_of_day (like market.{table}) on commit drop
"""
_GONE = """
    delete from market.{table}
    where hour_start >= %s and hour_start < %s
        and ({key}) not in (select {key} from hours_of_day)
"""


def _rows(hours: DataFrame, columns: tuple[str, ...], prefix: str) -> Iterable[list]:
    parts = [f"{prefix}{name}" for name in PRODUCTS]
    taken = [name for name in columns if name not in ("hour_start", *_SUMS)]
    for row in hours.select(*taken, "period_start", *parts).toLocalIterator():
        added = dict(zip(_SUMS, weighted_sums(row, prefix), strict=True))
        added["hour_start"] = row["period_start"].astimezone(UTC)
        yield [added[name] if name in added else row[name] for name in columns]


def _of(row: str, columns: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(row, name) for name in columns)
