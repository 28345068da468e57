"""Prices as a seeded random walk that can be asked for any moment, in any order.

The walk is a sum of octaves of interpolated noise whose amplitude grows with the square root
of their period, as a Brownian motion's does: a pure function of seed, asset and time. So
history, polls and a clock that jumps always agree.
"""

import math
import random
from array import array
from functools import lru_cache

PERIODS_S = tuple(60 * 4**k for k in range(9))
"""One minute to 45 days."""

DAY_S = 86_400


class Walk:
    """Relative prices of ``size`` assets; ``daily`` is each one's volatility per day."""

    def __init__(self, seed: int, size: int, daily: list[float]):
        self._seed, self._size, self._daily = seed, size, daily
        shares = [math.sqrt(period / DAY_S) for period in PERIODS_S]
        self._amplitudes = [share * 0.6 for share in shares]
        self._lattice = lru_cache(maxsize=2048)(self._make_lattice)

    def at(self, asset: int, moment_s: float) -> float:
        """Return the factor on an asset's base price at a time (s since 1970)."""
        return math.exp(self._daily[asset] * self._level(asset, moment_s))

    def _level(self, asset: int, moment_s: float) -> float:
        level = 0.0
        for octave, period in enumerate(PERIODS_S):
            step, rest = divmod(moment_s, period)
            share = rest / period
            before = self._lattice(octave, int(step))[asset]
            after = self._lattice(octave, int(step) + 1)[asset]
            level += self._amplitudes[octave] * (before + (after - before) * share)
        return level

    def _make_lattice(self, octave: int, step: int) -> array:
        draw = random.Random(f"{self._seed}/{octave}/{step}").random
        return array("d", [3.4641 * draw() - 1.7320 for _ in range(self._size)])
