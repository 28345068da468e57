"""The merge: staged rows into the serving tables, in one transaction with the ledger.

Every statement is right whatever the order and however often its input arrives:
latest rows keep the greatest (event time, polled_at, snapshot_id, md5); a sample keeps the
value of its lowest poll; a candle is computed again from all samples of its minute.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import psycopg
from psycopg import sql

from coincap.contract import RecordType, record_type
from coincap_jobs import replays
from coincap_jobs.reduce import EVENT_TIME, SAMPLED, table_columns
from coincap_jobs.staging import Staged
from coincap_jobs.statements import statement

LOCK = 0x636F696E6D657267
"""Advisory lock of a merge (the bytes of "coinmerg"): the stream's and redeliver.py's."""
LATEST = ("asset", "rate", "exchange", "market")
_TOUCHED = """
create temp table if not exists touched_markets (
    base_id text, exchange_id text, quote_id text, minute_start timestamptz, samples bigint
) on commit delete rows;
create temp table if not exists touched_assets (
    asset_id text, minute_start timestamptz, samples bigint
) on commit delete rows
"""


@dataclass
class Merged:
    """What one merge did; all counts are rows."""

    new_samples: int = 0
    stale_polls: int = 0
    dead_letters: int = 0
    newest_polled_at: datetime | None = None


def merge(cursor: psycopg.Cursor, staged: Staged, window: timedelta, known: set) -> Merged:
    """Merge everything staged; the caller owns the transaction.

    One transaction merges at a time: a candle is computed from the samples that it sees, and of
    two that each saw only their own, the later would overwrite what the earlier knew. Whoever
    merges takes this lock before it touches a table that the other writes, so they cannot
    wait for each other.
    ``window`` is how long samples are remembered, measured against the newest polled_at of
    their topic; ``known`` caches the daily partitions that exist.
    """
    merged = Merged()
    sources = {target: _union(tables) for target, tables in staged.items()}
    cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK])
    cursor.execute(_TOUCHED)
    for record in map(record_type, LATEST):
        source = sources.get(record.table)
        if source is None:
            continue
        newest = _raise_watermark(cursor, record, source)
        merged.newest_polled_at = max(merged.newest_polled_at or newest, newest)
        if record.name in SAMPLED:
            _merge_samples(cursor, record, source, newest - window, known, merged)
        cursor.execute(_upsert_latest(record, source))
    if any(record_type(name).table in sources for name in SAMPLED):
        cursor.execute(_statement("asset_candles"))
    for record in map(record_type, ("poll", "dead_letter")):
        if record.table in sources:
            cursor.execute(_insert_once(record, sources[record.table]))
            merged.dead_letters += cursor.rowcount if record.name == "dead_letter" else 0
    if sources.keys() & {record_type("dead_letter").table, replays.TARGET}:
        replays.settle(cursor, sources.get(replays.TARGET))
    return merged


def _merge_samples(cursor, record, source, horizon, known, merged) -> None:
    name, parameters = record.name, {"horizon": horizon}
    _ensure_partitions(cursor, record, source, horizon, known)
    cursor.execute(_statement(f"late_{name}_samples", source), parameters)
    cursor.execute(_statement(f"{name}_samples", source), parameters)
    touched = sql.Identifier("pg_temp", f"touched_{record.table}")
    cursor.execute(sql.SQL("analyze {}").format(touched))
    total = sql.SQL("select coalesce(sum(samples), 0) from {}").format(touched)
    fresh = int(cursor.execute(total).fetchone()[0])
    polls = sql.SQL("select coalesce(sum(polls), 0) from {}").format(source)
    merged.new_samples += fresh
    merged.stale_polls += int(cursor.execute(polls).fetchone()[0]) - fresh
    if name == "market":
        cursor.execute(_statement("market_candles"))


def _ensure_partitions(cursor, record, source, horizon, known: set[tuple[str, date]]) -> None:
    event_time = EVENT_TIME[record.name]
    text = (
        f"select distinct ({event_time} at time zone 'UTC')::date from {{source}} "
        f"where {event_time} >= %s"
    )
    days = cursor.execute(sql.SQL(text).format(source=source), [horizon]).fetchall()
    for parent in (f"{record.name}_ticks", f"{record.name}_candles_1m"):
        for (day,) in days:
            if (parent, day) not in known:
                cursor.execute("select market.ensure_partition(%s, %s)", [parent, day])
                known.add((parent, day))


def _union(tables: list[str]) -> sql.Composable:
    selects = [sql.SQL("select * from {}").format(_table(name)) for name in tables]
    return sql.SQL("({}) as s").format(sql.SQL(" union all ").join(selects))


def _table(name: str) -> sql.Identifier:
    return sql.Identifier("pg_temp" if name.startswith("in_") else "staging", name)


def _statement(name: str, source: sql.Composable | None = None) -> sql.Composable:
    text = sql.SQL(statement(name))
    return text.format(source=source) if source else text


def _raise_watermark(cursor, record: RecordType, source: sql.Composable) -> datetime:
    text = (
        "insert into market.stream_watermarks as w "
        "select {topic}, max(polled_at) from {source} on conflict (topic) do update "
        "set newest_polled_at = greatest(w.newest_polled_at, excluded.newest_polled_at) "
        "returning newest_polled_at"
    )
    query = sql.SQL(text).format(topic=sql.Literal(record.topic), source=source)
    return cursor.execute(query).fetchone()[0]


def _version(record: RecordType, alias: str) -> list[str]:
    """Return the SQL expressions that order the versions of one row, the weightiest first."""
    event_time = EVENT_TIME[record.name]
    dated = [f"coalesce({alias}.{event_time}, '-infinity')"] if event_time else []
    return [
        *dated,
        f"{alias}.polled_at",
        f'{alias}.snapshot_id collate "C"',
        f"{alias}.value_md5",
    ]


def _upsert_latest(record: RecordType, source: sql.Composable) -> sql.Composable:
    columns = table_columns(record)
    key = ", ".join(record.key_columns)
    sets = ", ".join(f"{c} = excluded.{c}" for c in columns if c not in record.key_columns)
    newest_first = ", ".join(f"{part} desc" for part in _version(record, "s"))
    arrived, held = (", ".join(_version(record, alias)) for alias in ("excluded", "t"))
    text = (
        f"insert into market.{record.table} as t ({', '.join(columns)}) "
        f"select distinct on ({key}) {', '.join(columns)} from {{source}} "
        f"order by {key}, {newest_first} "
        f"on conflict ({key}) do update set {sets} where ({arrived}) > ({held})"
    )
    return sql.SQL(text).format(source=source)


def _insert_once(record: RecordType, source: sql.Composable) -> sql.Composable:
    columns = ", ".join(field.column for field in record.fields)
    text = (
        f"insert into market.{record.table} ({columns}) select {columns} from {{source}} "
        f"on conflict ({', '.join(record.key_columns)}) do nothing"
    )
    return sql.SQL(text).format(source=source)
