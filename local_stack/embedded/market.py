"""Feeds the pipeline: polls minute by minute, or replays captures."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from embedded.coincap_api import iso, set_clock
from embedded.errors import StackError
from embedded.functions_host import call

ENDPOINTS = ["rates", "assets", "exchanges", "markets"]
"""In the order of a sweep: what markets are judged by comes first."""
EVERY_MINUTES = {"rates": 10, "assets": 1, "exchanges": 5, "markets": 2}
"""Cadence of a simulated run: the whole market every other minute, slow lists rarely."""


@dataclass
class Fed:
    """What the functions reported, summed over all calls."""

    received: int = 0
    published: int = 0
    dead_lettered: int = 0
    credits: int = 0
    sweeps: int = 0
    errors: list[str] = field(default_factory=list)

    def add(self, summary: dict) -> None:
        """Count one sweep's summary."""
        self.sweeps += 1
        self.received += summary.get("received") or summary.get("landed") or 0
        self.published += summary.get("published") or 0
        self.dead_lettered += summary.get("dead_lettered") or 0
        self.credits += summary.get("credits") or 0
        if summary.get("error"):
            self.errors.append(summary["error"])


def poll_simulated(
    function: str, api: str, start: datetime, minutes: int, tell: Callable[[int], None]
) -> Fed:
    """Poll ``minutes`` ticks from ``start`` on the simulator's clock, as fast as they go."""
    fed = Fed()
    for minute in range(minutes):
        now = start + timedelta(minutes=minute)
        set_clock(api, now)
        due = [name for name, every in EVERY_MINUTES.items() if minute % every == 0]
        _poll(function, due, now, fed)
        tell(minute + 1)
    return fed


def poll_live(function: str, minutes: int, tell: Callable[[int], None]) -> Fed:
    """Poll the live API once a minute; all endpoints first, then assets."""
    fed = Fed()
    for minute in range(minutes):
        began = time.monotonic()
        _poll(function, ENDPOINTS if minute == 0 else ["assets"], datetime.now(UTC), fed)
        tell(minute + 1)
        if minute + 1 < minutes:
            time.sleep(max(0, 60 - (time.monotonic() - began)))
    return fed


def _poll(function: str, endpoints: list[str], now: datetime, fed: Fed) -> None:
    answer = call(function, {"endpoints": endpoints, "scheduled_at": iso(now)})
    for summary in answer["sweeps"]:
        fed.add(summary)
        if summary["status"] in ("failed", "refused"):
            raise StackError(
                f"the sweep of {summary['endpoint']} ended as {summary['status']}: "
                f"{summary.get('error')}"
            )
