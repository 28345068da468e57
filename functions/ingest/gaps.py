"""The gap list of the history: what was asked for, what is landed, what it would cost."""

import json
from dataclasses import dataclass

from ingest.clock import iso
from ingest.credits import call_credits, model
from ingest.lake import Lake

HOUR_MS = 3_600_000
SETTLED_MS = 24 * HOUR_MS
"""Hours that CoinCap lacks for so long will not come; younger ones may only be late."""
CHUNK_MS = 720 * HOUR_MS
"""CoinCap answers at most 30 days of hourly history at once."""


@dataclass(frozen=True, order=True)
class Gap:
    """Hours of one asset that are wanted: [start, end) in ms since 1970 UTC."""

    asset_id: str
    start_ms: int
    end_ms: int

    @property
    def hours(self) -> int:
        """Whole hours in the gap."""
        return (self.end_ms - self.start_ms) // HOUR_MS

    @property
    def credits(self) -> int:
        """Expected credits of asking for it."""
        return call_credits(self.hours * model()["endpoints"]["history"]["bytes_per_row"])

    def until(self, end_ms: int) -> "Gap":
        """Return the part of the gap before ``end_ms``; of no hours where there is none."""
        return Gap(self.asset_id, self.start_ms, max(self.start_ms, min(self.end_ms, end_ms)))

    def holds(self, other: "Gap") -> bool:
        """Say whether all hours of another gap are hours of this one."""
        within = self.start_ms <= other.start_ms and other.end_ms <= self.end_ms
        return self.asset_id == other.asset_id and within

    def as_json(self) -> dict:
        """Return the gap as ``backfill`` takes it."""
        return {"id": self.asset_id, "start": iso(self.start_ms), "end": iso(self.end_ms)}


def closed(wanted: list[Gap], now_ms: int) -> list[Gap]:
    """Return the wanted hours that are over: CoinCap has no whole row of the others yet."""
    until = now_ms - now_ms % HOUR_MS
    return [part for gap in wanted if (part := gap.until(until)).hours]


def answered(gap: Gap, hours: list[int], now_ms: int) -> Gap:
    """Return the part of a gap that an answer settles: what is old, and what a row came for.

    ``hours`` are the starts of the hours received, in ms since 1970 UTC.
    """
    received = [hour + HOUR_MS for hour in hours]
    return gap.until(max([now_ms - now_ms % HOUR_MS - SETTLED_MS, *received]))


def open_gaps(lake: Lake, wanted: list[Gap]) -> list[Gap]:
    """Return the parts of the wanted ranges that are not covered yet, in chunks to ask for."""
    gaps = []
    for want in wanted:
        start = want.start_ms
        for low, high in [*covered(lake, want.asset_id), (want.end_ms, want.end_ms)]:
            stop = min(low, want.end_ms)
            gaps += _chunks(want.asset_id, start, stop)
            start = max(start, high)
    return sorted(set(gaps))


def covered(lake: Lake, asset_id: str) -> list[tuple[int, int]]:
    """Return the ranges of an asset that were asked for and landed, in order."""
    content = lake.get(_name(asset_id))
    return [tuple(pair) for pair in json.loads(content)["covered"]] if content else []


def cover(lake: Lake, gap: Gap) -> None:
    """Remember that a gap was filled with all that CoinCap has."""

    def change(old: bytes | None) -> bytes:
        ranges = json.loads(old)["covered"] if old else []
        merged: list[list[int]] = []
        for low, high in sorted([*ranges, [gap.start_ms, gap.end_ms]]):
            if merged and low <= merged[-1][1]:
                merged[-1][1] = max(merged[-1][1], high)
            else:
                merged.append([low, high])
        return json.dumps({"covered": merged}).encode()

    lake.update(_name(gap.asset_id), change)


def _chunks(asset_id: str, start: int, stop: int) -> list[Gap]:
    return [Gap(asset_id, low, min(low + CHUNK_MS, stop)) for low in range(start, stop, CHUNK_MS)]


def _name(asset_id: str) -> str:
    return f"state/history/{asset_id}.json"
