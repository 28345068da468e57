"""A simulated month: how old the data is, weighted by volume, under a cadence.

Volumes change every day (log-normal, seeded), so that the plan is judged on other volumes
than those it was made from. Sampled every seven minutes (no cadence is a multiple of that)
after one full sweep at the start.
"""

import random
from dataclasses import dataclass

from ingest.cadence import Job
from ingest.planner import MONTH_MINUTES
from ingest.profile import ExchangeProfile

SAMPLE_MINUTES = 7
DAY_MINUTES = 1440
DAILY_SIGMA = 0.5


@dataclass(frozen=True)
class Freshness:
    """Mean age in minutes weighted by volume, and shares (0 to 1) refreshed within a time."""

    mean_age_min: float
    volume_within_hour: float
    pairs_within_hour: float
    volume_within_day: float
    pairs_within_day: float
    pairs_within_month: float


@dataclass(frozen=True)
class _Block:
    """Pairs that are always polled together."""

    pairs: int
    volume: float
    every: tuple[float, ...]


def even_minutes(credits: int, sweep_credits: int) -> float:
    """Return the minutes between full sweeps that cost as much."""
    return MONTH_MINUTES * sweep_credits / credits


def freshness(blocks: list[_Block], seed: int = 1) -> Freshness:
    """Return how fresh a month's data is over blocks of pairs."""
    draw = random.Random(seed)
    weighted, weight = 0.0, 0.0
    for day in range(MONTH_MINUTES // DAY_MINUTES):
        for block in blocks:
            volume = block.volume * draw.lognormvariate(0, DAILY_SIGMA)
            for minute in range(day * DAY_MINUTES, (day + 1) * DAY_MINUTES, SAMPLE_MINUTES):
                weighted += volume * min((minute + 0.5) % every for every in block.every)
                weight += volume
    pairs, volume = sum(b.pairs for b in blocks), sum(b.volume for b in blocks)

    def share(limit: float, of_pairs: bool) -> float:
        inside = [b for b in blocks if min(b.every) <= limit]
        if of_pairs:
            return sum(b.pairs for b in inside) / pairs
        return sum(b.volume for b in inside) / volume

    return Freshness(
        weighted / weight,
        share(60, False),
        share(60, True),
        share(DAY_MINUTES, False),
        share(DAY_MINUTES, True),
        share(MONTH_MINUTES, True),
    )


def blocks_of(jobs: list[Job], exchanges: list[ExchangeProfile]) -> list[_Block]:
    """Return each exchange's pairs as blocks with the cadences that reach them."""
    every_of = {sweep.scope: job.every_minutes for job in jobs for sweep in job.sweeps
                if sweep.endpoint == "markets"}  # fmt: skip
    full = [every_of[None]] if None in every_of else []
    blocks = []
    for exchange in exchanges:
        heads = sorted(
            int(scope.partition("~")[2])
            for scope in every_of
            if scope and scope.startswith(f"{exchange.exchange_id}~")
        )
        whole = [every_of[exchange.exchange_id]] if exchange.exchange_id in every_of else []
        start = 0
        for stop in [*heads, exchange.pairs]:
            reach = [every_of[f"{exchange.exchange_id}~{n}"] for n in heads if n >= stop]
            volume = exchange.cumulative[stop] - exchange.cumulative[start]
            every = tuple(reach + whole + full) or (float("inf"),)
            blocks.append(_Block(stop - start, volume, every))
            start = stop
    return blocks


def even_blocks(every: float, exchanges: list[ExchangeProfile]) -> list[_Block]:
    """Return the blocks of the even cadence: everything at once, every so many minutes."""
    return [_Block(item.pairs, item.volume, (every,)) for item in exchanges]
