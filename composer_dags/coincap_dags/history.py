"""Which hours of history are wanted: all of a range but those that our own polls cover."""

from datetime import datetime

from google.api_core.exceptions import NotFound
from google.cloud import bigquery

from coincap_dags.load_tables import DATASET, run

HOUR_MS = 3_600_000
SHORT = 15
"""Hours of our own between two gaps that are asked for with them: a second call costs a credit,
as do the rows of 15 hours (functions/coincap/credits.json)."""


class NothingLoaded(RuntimeError):
    """No asset is named, and the warehouse knows none."""


def assets(client: bigquery.Client) -> list[str]:
    """Return the ids of the assets seen in the newest day of polls; raises NothingLoaded.

    Not of the newest snapshot: that may be one of the largest assets alone.
    """
    newest = f"select timestamp_sub(max(polled_at), interval 1 day) from {DATASET}.assets"
    query = f"select distinct id from {DATASET}.assets where polled_at > ({newest}) order by 1"
    try:
        found = [row.id for row in run(client, query)]
    except NotFound:
        found = []
    if not found:
        raise NothingLoaded("ids is empty and no asset is loaded yet: name ids, as in bitcoin")
    return found


def polled(client: bigquery.Client, start_ms: int, end_ms: int) -> dict[str, list[tuple]]:
    """Return, per asset, the ranges (ms, end exclusive) of hours of which we have a candle.

    Empty where nothing was loaded yet.
    """
    hour = f"div(unix_millis(period_start), {HOUR_MS})"
    query = f"""
        select asset_id, min(hour) as first_hour, max(hour) as last_hour
        from (
            select asset_id, hour, hour - row_number() over (
                partition by asset_id order by hour
            ) as island
            from (
                select asset_id, {hour} as hour
                from {DATASET}.asset_candles_1h
                where source = 'markets'
                    and period_start >= timestamp_millis({start_ms})
                    and period_start < timestamp_millis({end_ms})
            ) as ours
        ) as numbered
        group by asset_id, island
        order by asset_id, first_hour
    """
    found: dict[str, list[tuple]] = {}
    try:
        for row in run(client, query):
            span = (row.first_hour * HOUR_MS, (row.last_hour + 1) * HOUR_MS)
            found.setdefault(row.asset_id, []).append(span)
    except NotFound:
        return {}
    return found


def unpolled(start_ms: int, end_ms: int, ours: list[tuple]) -> list[tuple[int, int]]:
    """Return the parts of [start, end) outside our own ranges, which must be in order.

    A short range of ours between two gaps is asked for with them: that is cheaper than two calls.
    """
    gaps: list[tuple[int, int]] = []
    position = start_ms
    for low, high in [*ours, (end_ms, end_ms)]:
        if low > position:
            before = gaps[-1] if gaps else None
            if before and position - before[1] < SHORT * HOUR_MS:
                gaps[-1] = (before[0], low)
            else:
                gaps.append((position, low))
        position = max(position, high)
    return gaps


def milliseconds(text: str) -> int:
    """Return a time, ISO 8601, as ms since 1970 at the start of its hour.

    Raises ValueError for another form and for a time without a zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"time without a zone: {text!r}; write it as 2024-10-17T12:00:00Z")
    ms = round(moment.timestamp() * 1000)
    return ms - ms % HOUR_MS
