"""Brings the live tables' figures per hour into the lake, to hold stream and batch together.

Only days that can have changed are asked for, and only those that did are written: a day of
the lake that is written is loaded again.
"""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from psycopg import Connection
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from coincap_batch.changes import Mark
from coincap_batch.state import State
from coincap_batch.store import Store
from coincap_batch.tables import (
    ASSET_CANDLES,
    LIVE_HOURS,
    LIVE_HOURS_DDL,
    MARKET_CANDLES,
    SERVING_HOURS,
    SERVING_HOURS_DDL,
    LakeTable,
)

LOOK_BACK = timedelta(days=2)
"""How far behind the stream's newest poll it may still change a live candle: its ticks are
kept for so long."""

_GOLD = (MARKET_CANDLES["1m"], ASSET_CANDLES["1m"])
_TOPICS = ["coincap.markets", "coincap.assets"]


def measure(store: Store, state: State, connection: Connection, now: datetime) -> None:
    """Bring the days that can have changed since the last time up to date in the lake."""
    before = state.read("live")
    first, days = None, set()
    marks = {table.name: store.mark(table) for table in _GOLD}
    reached = connection.execute(
        "select min(newest_polled_at) from market.stream_watermarks where topic = any(%s)",
        [_TOPICS],
    ).fetchone()[0]
    if before.get("reached"):
        first = _midnight(datetime.fromisoformat(before["reached"]).date()) - LOOK_BACK
        days = _queue_days(connection, before["measured_at"])
        for table in (table for table in _GOLD if marks[table.name]):
            mark = Mark.of(before["marks"][table.name])
            days |= {date.fromisoformat(d) for d in store.touched(table, mark, marks[table.name])}
        measured = live_hours(store.spark, connection, first, days)
        since = _midnight(datetime.fromisoformat(before["measured_at"]).date())
        served = serving_hours(store.spark, connection, since)
    else:
        measured = live_hours(store.spark, connection)
        served = serving_hours(store.spark, connection)
    _replace_changed(store, LIVE_HOURS, measured, first, days)
    _replace_changed(store, SERVING_HOURS, served)
    content = {
        "measured_at": now.isoformat(),
        "reached": reached and reached.astimezone(UTC).isoformat(),
        "marks": {name: mark and mark.json() for name, mark in marks.items()},
    }
    state.write("live", content)


def live_hours(
    spark: SparkSession,
    connection: Connection,
    first: datetime | None = None,
    days: set[date] = frozenset(),
) -> DataFrame:
    """Return the live candles' figures per table and hour, from ``first`` on and of ``days``.

    Without ``first`` (midnight, UTC): of every hour that they still hold.
    """
    spans = [(_midnight(day), _midnight(day) + timedelta(days=1)) for day in sorted(days)]
    spans.append((first or datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)))
    within = " or ".join(["minute_start >= %s and minute_start < %s"] * len(spans))
    query = " union all ".join(
        f"select '{table.name}' as candle_table, date_trunc('hour', minute_start) as hour_start, "
        "count(*) as candles, sum(samples)::bigint as samples, sum(open) as open_sum, "
        f"sum(close) as close_sum from market.{table.name} where {within} group by 2"
        for table in _GOLD
    )
    edges = [edge for span in spans for edge in span] * len(_GOLD)
    now = datetime.now(UTC)
    rows = []
    for name, start, candles, samples, opened, closed in connection.execute(query, edges):
        hour = start.astimezone(UTC)
        sums = (Decimal(opened), Decimal(closed))
        rows.append((name, hour, candles, samples, *sums, now, hour.date()))
    return spark.createDataFrame(rows, LIVE_HOURS_DDL)


def serving_hours(
    spark: SparkSession, connection: Connection, since: datetime | None = None
) -> DataFrame:
    """Return per hour how old (seconds since its poll) a batch's newest row was when committed.

    Of a replay of old responses, over a day old at its commit, nothing is measured; ``since``
    (midnight, UTC) leaves out what was committed before.
    """
    query = """
        select
            date_trunc('hour', finished_at) as hour_start, count(*), sum(messages)::bigint,
            percentile_cont(array[0.5, 0.95, 0.99]) within group (
                order by extract(epoch from finished_at - newest_polled_at)::float8
            )
        from market.stream_progress
        where query = 'serve' and messages > 0 and finished_at >= %s
            and newest_polled_at > finished_at - interval '1 day'
        group by 1
    """
    now, rows = datetime.now(UTC), []
    since = since or datetime(1970, 1, 1, tzinfo=UTC)
    for start, batches, messages, ages in connection.execute(query, [since]):
        hour = start.astimezone(UTC)
        rows.append((hour, batches, messages, *ages, now, hour.date()))
    return spark.createDataFrame(rows, SERVING_HOURS_DDL)


def _replace_changed(
    store: Store,
    table: LakeTable,
    hours: DataFrame,
    first: datetime | None = None,
    days: set[date] = frozenset(),
) -> None:
    """Replace the days on which a figure differs from the stored one, whenever measured.

    ``first`` and ``days`` are what was asked for: a day of them that no longer has an hour becomes
    empty. What was measured is kept where only its source is gone (``first`` is None).
    """
    if not store.exists(table):
        store.replace(table, hours, [])
        return
    asked = {day.isoformat() for day in days}
    asked |= {str(row.date) for row in hours.select("date").distinct().collect()}
    if first:
        asked |= {day for day in store.files(table) if day >= first.date().isoformat()}
    stored = store.read(table, sorted(asked)).drop("measured_at")
    measured = hours.drop("measured_at").select(*stored.columns)
    differ = measured.exceptAll(stored).union(stored.exceptAll(measured))
    changed = sorted(str(row.date) for row in differ.select("date").distinct().collect())
    store.replace(table, hours.where(F.col("date").cast("string").isin(changed)), changed)


def _queue_days(connection: Connection, since: str) -> set[date]:
    """Return the days with minutes that are in the queue, or were when last measured."""
    query = (
        "select distinct (minute_start at time zone 'UTC')::date from market.candle_rebuilds "
        "where done_at is null or done_at >= %s::timestamptz"
    )
    return {day for (day,) in connection.execute(query, [since])}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
