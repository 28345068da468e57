"""What so many markets at such a cadence need, each figure with its sum.

Pure arithmetic: measured figures (capacity_figures.json), prices (infra/cost.py), credits
(ingest.credits). Everything is sized to be at most half busy, so that an hour's backlog is gone
an hour later. USD are Google's list prices; CoinCap's plans come on top, in credits.
"""

import math
from dataclasses import dataclass

from capacity_price import FIGURES, HALF, MONTH_S, TIERS, usd

from ingest.credits import sweep_credits

CANDLE_DAYS, TICK_DAYS, HOUR_DAYS = 90, 2, 400
TASK_CORES = 3
"""Of the 4 vCPU of a stream node; the driver has the fourth."""


@dataclass(frozen=True)
class Load:
    """So many markets, polled every so many seconds."""

    markets: int
    every_s: int

    @property
    def rate(self) -> float:
        """Messages a second, the sweeps spread out."""
        return self.markets / self.every_s

    @property
    def samples_per_day(self) -> float:
        """Polls of a day that see a new trade."""
        return self.rate * 86_400 * FIGURES["new_trade"]

    @property
    def candles_per_day(self) -> float:
        """Minutes of a day with a new trade, over all markets."""
        return self._spans_per_day(60)

    @property
    def hours_per_day(self) -> float:
        """Hours of a day with a new trade, over all markets: candles rolled up."""
        return self._spans_per_day(3_600)

    def _spans_per_day(self, seconds: int) -> float:
        """Return the spans of so many seconds with a new trade a day, over all markets."""
        polls = max(1, seconds / self.every_s)
        share = 1 - (1 - FIGURES["new_trade"]) ** polls
        return self.markets * 86_400 / max(seconds, self.every_s) * share


@dataclass(frozen=True)
class Plan:
    """What a load needs; ``sums`` tells per figure how it comes about."""

    pollers: int
    bridges: int
    brokers: int
    workers: int
    tier: str
    sql_gb: int
    credits: int
    usd: float
    sums: dict[str, str]


def plan(load: Load) -> Plan:
    """Return what a load needs."""
    sums: dict[str, str] = {}

    def count(name: str, need: float, power: float) -> int:
        sums[name] = f"⌈{need:,.0f} / {HALF * power:,.0f}⌉"
        return max(1, math.ceil(need / (HALF * power)))

    pollers = count("pollers", load.rate, FIGURES["sweep_rows"])
    bridges = count("bridges", load.rate, FIGURES["bridge"])
    workers = count("workers", load.rate, TASK_CORES * FIGURES["job_per_core"])
    if load.rate <= HALF * FIGURES["broker"]:
        brokers = 1
        sums["brokers"] = f"{load.rate:,.0f} ≤ {HALF * FIGURES['broker']:,.0f}"
    else:
        brokers = max(3, count("brokers", 3 * load.rate, FIGURES["broker"]))
    tier, sql_gb = _tier(load, sums), _sql_gb(load, sums)
    per_sweep, sweeps = sweep_credits("markets", load.markets), MONTH_S // load.every_s
    sums["credits"] = f"{per_sweep:,} × {sweeps:,}"
    parts = usd(load.rate, (bridges, brokers, workers), tier, sql_gb)
    sums["usd"] = " + ".join(f"{name} {amount:,.0f}" for name, amount in parts.items())
    counts = (pollers, bridges, brokers, workers)
    return Plan(*counts, tier, sql_gb, per_sweep * sweeps, sum(parts.values()), sums)


def _tier(load: Load, sums: dict[str, str]) -> str:
    """Return the smallest tier of which half the power merges and half the memory holds two
    hours of samples and candles.
    """
    day = (
        load.samples_per_day * FIGURES["tick_bytes"]
        + load.candles_per_day * FIGURES["candle_bytes"]
    )
    hot, cores = day / 12 / 2**30, load.rate / FIGURES["merge_per_core"]
    for tier, (vcpu, memory, _, _) in TIERS.items():
        if cores <= HALF * vcpu and hot <= HALF * memory:
            sums["tier"] = (
                f"{cores:.3f} of {HALF * vcpu:g} vCPU, {hot:.2f} of {HALF * memory:g} GiB"
            )
            return tier
    raise ValueError(f"no tier is large enough for {load}: add one to TIERS")


def _sql_gb(load: Load, sums: dict[str, str]) -> int:
    """Return the database's disk, 10 GB at least."""
    kept = (
        (load.candles_per_day, FIGURES["candle_bytes"], CANDLE_DAYS),
        (load.hours_per_day, FIGURES["hour_bytes"], HOUR_DAYS),
        (load.samples_per_day, FIGURES["tick_bytes"], TICK_DAYS),
    )
    sums["sql_gb"] = " + ".join(
        f"{rows / 1e6:,.2f} M × {size} B × {days} d" for rows, size, days in kept
    )
    size = sum(rows * size * days for rows, size, days in kept)
    return max(10, math.ceil(size / 1e9))
