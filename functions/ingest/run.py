"""``poll``: sweep endpoints for one scheduled time. The core behind the entry point."""

from collections.abc import Callable, Iterable

from ingest import log
from ingest.budget import Budget
from ingest.client import Client
from ingest.clock import now_ms, parse
from ingest.errors import IngestError, Refused, one_line
from ingest.fetch import expected
from ingest.lake import Lake, open_lake
from ingest.ledger import Ledger
from ingest.publish import Publisher, open_publisher
from ingest.settings import Settings
from ingest.source import LiveSource, Source
from ingest.sweep import Worker, sweep
from ingest.tick import ENDPOINTS, Tick, floor


def poll(
    endpoints: Iterable[str],
    scheduled_at: str | None,
    settings: Settings,
    scope: str | None = None,
    source: Source | None = None,
    publisher: Publisher | None = None,
    lake: Lake | None = None,
    clock: Callable[[], int] = now_ms,
) -> list[dict]:
    """Sweep endpoints; return one summary each, in the order rates, assets, exchanges, markets.

    ``scheduled_at`` is ISO 8601 UTC (None: now, to the whole minute); calling again with the
    same time publishes the same bytes and asks CoinCap nothing. A sweep that fails has
    ``status`` ``failed`` and an ``error`` of one line; the others go on. Raises Refused for
    an unknown endpoint or a time that cannot be read. ``clock`` gives ms since 1970 UTC.
    """
    wanted = [(name, scope) for name in endpoints]
    return poll_sweeps(wanted, scheduled_at, settings, source, publisher, lake, clock)


def poll_sweeps(
    wanted: list[tuple[str, str | None]],
    scheduled_at: str | None,
    settings: Settings,
    source: Source | None = None,
    publisher: Publisher | None = None,
    lake: Lake | None = None,
    clock: Callable[[], int] = now_ms,
    again: bool = False,
) -> list[dict]:
    """Sweep pairs of endpoint and scope for one scheduled time, as ``poll`` does."""
    scheduled_ms = _scheduled(scheduled_at, settings, clock)
    ticks = [Tick(name, scheduled_ms, scope) for name, scope in _ordered(wanted)]
    owned = []
    lake = lake or open_lake(settings.lake)
    if source is None:
        client = Client(settings, clock=clock)
        owned.append(client)
        source = LiveSource(client, settings)
    if publisher is None:
        publisher = open_publisher(settings)
        owned.append(publisher)
    ledger = Ledger(lake, settings.credits_per_month)
    budget = Budget(ledger, clock(), sum(expected(tick) for tick in ticks))
    worker = Worker(lake, budget, source, publisher, settings.lease_s, again)
    try:
        return [_sweep(worker, tick, clock(), settings) for tick in ticks]
    finally:
        budget.settle()
        for item in owned:
            item.close()


def poll_body(body: dict, settings: Settings) -> list[dict]:
    """Poll what a request's body names; raises Refused for a body of another form.

    ``endpoints`` with an optional ``scope``, or ``sweeps``: a list of {endpoint, scope}, as
    the jobs of ``coincap/credits.json`` have it. One publisher serves them all. With ``again``
    a finished tick's stored pages are published once more; CoinCap is asked nothing.
    """
    unknown = body.keys() - {"again", "endpoints", "scheduled_at", "scope", "sweeps"}
    if unknown:
        raise Refused(f"unknown member {min(unknown)!r}: use endpoints or sweeps, scheduled_at")
    scheduled_at = body.get("scheduled_at")
    if not isinstance(scheduled_at, str | None):
        raise Refused("scheduled_at is a text: 2024-10-17T12:40:00Z")
    again = body.get("again", False)
    if not isinstance(again, bool) or (again and scheduled_at is None):
        raise Refused("again is true or false, and needs the scheduled_at of the tick")
    return poll_sweeps(_wanted(body), scheduled_at, settings, again=again)


def _wanted(body: dict) -> list[tuple[str, str | None]]:
    listed = body.get("sweeps")
    if listed is None:
        endpoints = body.get("endpoints")
        if not isinstance(endpoints, list) or not endpoints:
            raise Refused(f"endpoints: name a list of {', '.join(ENDPOINTS)}")
        listed = [{"endpoint": name, "scope": body.get("scope")} for name in endpoints]
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise Refused("sweeps: write a list of {endpoint, scope}")
    pairs = [(item.get("endpoint"), item.get("scope")) for item in listed]
    for name, scope in pairs:
        if not isinstance(name, str) or not isinstance(scope, str | None):
            raise Refused("endpoint and scope are texts")
    return pairs


def _sweep(worker: Worker, tick: Tick, started_ms: int, settings: Settings) -> dict:
    try:
        return sweep(worker, tick, started_ms)
    except IngestError as error:
        text = one_line(error, settings.api_key, 600)
        log.error("sweep failed", snapshot_id=tick.snapshot_id, error=text)
        return {
            "status": "refused" if isinstance(error, Refused) else "failed",
            "endpoint": tick.endpoint,
            "snapshot_id": tick.snapshot_id,
            "error": text,
        }


def _ordered(wanted: list[tuple[str, str | None]]) -> list[tuple[str, str | None]]:
    for name, _ in wanted:
        if name not in ENDPOINTS:
            raise Refused(f"unknown endpoint {name!r}: use {', '.join(ENDPOINTS)}")
    return sorted(dict.fromkeys(wanted), key=lambda item: ENDPOINTS.index(item[0]))


def _scheduled(text: str | None, settings: Settings, clock: Callable[[], int]) -> int:
    if text is None:
        return floor(clock(), settings.tick_s)
    try:
        return parse(text)
    except ValueError as error:
        raise Refused(f"scheduled_at: {error}") from None
