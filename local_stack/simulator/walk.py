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

FAST = 3
"""The first octaves are interpolated anew each time; the slower ones, whose steps are whole
multiples of the next one's, are together a straight line within it, which is kept."""

MAX_LINES = 60_000
MAX_LATTICES = 512
"""Bounds of what is kept, about 15 and 8 MiB: a simulator that runs for days must not grow."""


class Walk:
    """Relative prices of ``size`` assets; ``daily`` is each one's volatility per day."""

    def __init__(self, seed: int, size: int, daily: list[float]):
        self._seed, self._size, self._daily = seed, size, daily
        shares = [math.sqrt(period / DAY_S) for period in PERIODS_S]
        self._amplitudes = [share * 0.6 for share in shares]
        self._lattice = lru_cache(maxsize=MAX_LATTICES)(self._make_lattice)
        self._lines: dict[tuple[int, float], tuple[float, float]] = {}

    def at(self, asset: int, moment_s: float) -> float:
        """Return the factor on an asset's base price at a time (s since 1970)."""
        return math.exp(self._daily[asset] * self._level(asset, moment_s))

    def _level(self, asset: int, moment_s: float) -> float:
        step, rest = divmod(moment_s, PERIODS_S[FAST])
        line = self._lines.get((asset, step)) or self._line(asset, step)
        return line[0] + line[1] * rest + self._octaves(asset, moment_s, range(FAST))

    def _line(self, asset: int, step: float) -> tuple[float, float]:
        """Return level and slope per second of the slow octaves within one step."""
        if len(self._lines) > MAX_LINES:
            self._lines.clear()
        start, length = step * PERIODS_S[FAST], PERIODS_S[FAST]
        slow = range(FAST, len(PERIODS_S))
        first = self._octaves(asset, start, slow)
        middle = self._octaves(asset, start + length / 2, slow)
        line = (first, (middle - first) / (length / 2))
        self._lines[asset, step] = line
        return line

    def _octaves(self, asset: int, moment_s: float, octaves: range) -> float:
        level = 0.0
        for octave in octaves:
            period = PERIODS_S[octave]
            step, rest = divmod(moment_s, period)
            before = self._lattice(octave, int(step))[asset]
            after = self._lattice(octave, int(step) + 1)[asset]
            level += self._amplitudes[octave] * (before + (after - before) * rest / period)
        return level

    def _make_lattice(self, octave: int, step: int) -> array:
        draw = random.Random(f"{self._seed}/{octave}/{step}").random
        return array("d", [3.4641 * draw() - 1.7320 for _ in range(self._size)])
