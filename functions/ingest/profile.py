"""Where the volume is: what the planner weighs. Built in as measured once, or from the lake."""

import bisect
import json
from dataclasses import dataclass
from importlib import resources

from ingest import pages
from ingest.credits import model
from ingest.lake import Lake
from ingest.tick import Tick


@dataclass(frozen=True)
class ExchangeProfile:
    """One exchange: its pairs, and the USD volume of its n largest pairs for n = 0 … pairs."""

    exchange_id: str
    cumulative: tuple[float, ...]

    @property
    def pairs(self) -> int:
        """Trading pairs."""
        return len(self.cumulative) - 1

    @property
    def volume(self) -> float:
        """USD volume of 24 hours."""
        return self.cumulative[-1]


def built_in() -> list[ExchangeProfile]:
    """Return the measured profile, its pairs scaled to the markets of ``credits.json``."""
    content = json.loads((resources.files("coincap") / "seeds" / "profile.json").read_text("utf-8"))
    scale = model()["endpoints"]["markets"]["rows"] / sum(row[1] for row in content["exchanges"])
    curve = [(0.0, 0.0), *map(tuple, content["head_share"])]
    return [
        ExchangeProfile(name, _cumulative(max(1, round(pairs * scale)), volume, curve))
        for name, pairs, volume in content["exchanges"]
    ]


def from_sweep(lake: Lake, tick: Tick) -> list[ExchangeProfile]:
    """Return the profile of a stored sweep of all markets."""
    volumes: dict[str, list[float]] = {}
    for page in pages.stored(lake, tick):
        for row in page.envelope.rows:
            if isinstance(row, dict) and isinstance(row.get("exchangeId"), str):
                volumes.setdefault(row["exchangeId"], []).append(_volume(row))
    return [
        ExchangeProfile(name, tuple(_running(sorted(found, reverse=True))))
        for name, found in volumes.items()
    ]


def _volume(row: dict) -> float:
    try:
        return max(0.0, float(row.get("volumeUsd24Hr") or 0))
    except (TypeError, ValueError):
        return 0.0


def _running(values: list[float]) -> list[float]:
    total, sums = 0.0, [0.0]
    for value in values:
        total += value
        sums.append(total)
    return sums


def _cumulative(pairs: int, volume: float, curve: list[tuple[float, float]]) -> tuple[float, ...]:
    """Return the volume of the n largest pairs, the measured curve interpolated."""
    shares = [share for share, _ in curve]
    sums = [0.0]
    for count in range(1, pairs + 1):
        share = count / pairs
        right = min(bisect.bisect_left(shares, share), len(curve) - 1)
        (x0, y0), (x1, y1) = curve[right - 1], curve[right]
        sums.append(volume * (y0 + (y1 - y0) * (share - x0) / (x1 - x0)))
    return tuple(sums)
