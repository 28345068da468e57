"""Chooses what to poll how often, so that within N credits the data is freshest where the
volume is.

The mean age of something polled every T minutes is T/2. The sum of volume × T/2 under a budget
of sum(credits × month/T) is least where T is proportional to sqrt(credits / volume) (Lagrange);
the pairs of an exchange come ranked by volume, so its head can be polled apart from the whole:
the head size is the one for which sqrt(c_head·v_head) + sqrt(c_all·v_tail) is least. What the
optimum would poll less than monthly is left to one full sweep a month, which is also the only
one that sees exchanges /exchanges does not list.
"""

import math
from collections import defaultdict
from dataclasses import dataclass

from ingest.cadence import STEPS, Job, Sweep
from ingest.credits import model
from ingest.errors import Refused
from ingest.profile import ExchangeProfile

MONTH_MINUTES = 44_640
HEADS = (7, 15, 31, 62, 125, 250, 500)
"""Sizes of a head worth trying: one credit brings 7 rows, then doubling."""

OTHER_WEIGHTS = {"rates": 0.02, "exchanges": 0.005, "assets": 0.25}
"""What the freshness of the other endpoints is worth, as a share of all markets' volume."""


@dataclass(frozen=True)
class Unit:
    """Something that can be polled at a cadence of its own; ``volume`` in USD it refreshes."""

    sweep: Sweep
    volume: float


def propose(credits: int, exchanges: list[ExchangeProfile]) -> list[Job]:
    """Return the jobs that make the best of ``credits`` a month.

    Raises Refused where not even a monthly sweep of everything fits.
    """
    base = [Sweep(name, None, model()["endpoints"][name]["rows"]) for name in _ALL]
    fixed = sum(sweep.credits for sweep in base)
    if fixed > credits:
        raise Refused(
            f"{credits} credits a month do not pay for one full sweep of {fixed}; "
            "at least that many are needed to see every pair once"
        )
    units = _units(exchanges)
    minutes = _whole_steps(units, _optimum(units, credits - fixed), credits - fixed)
    jobs: dict[int, list[Sweep]] = defaultdict(list, {MONTH_MINUTES: list(base)})
    for unit, every in zip(units, minutes, strict=True):
        if every < MONTH_MINUTES:
            jobs[every].append(unit.sweep)
    return [Job(every, tuple(jobs[every])) for every in sorted(jobs)]


_ALL = ("rates", "assets", "exchanges", "markets")


def _units(exchanges: list[ExchangeProfile]) -> list[Unit]:
    total = sum(exchange.volume for exchange in exchanges)
    units = [
        Unit(Sweep(name, None, model()["endpoints"][name]["rows"]), total * weight)
        for name, weight in OTHER_WEIGHTS.items()
    ]
    for exchange in sorted(exchanges, key=lambda item: -item.volume):
        units += _split(exchange)
    return units


def _split(exchange: ExchangeProfile) -> list[Unit]:
    """Return an exchange as one unit, or as its head and the whole."""
    name, pairs = exchange.exchange_id, exchange.pairs
    whole = Sweep("markets", name, pairs)
    best, units = math.sqrt(whole.credits * exchange.volume), [Unit(whole, exchange.volume)]
    for size in HEADS:
        if size >= pairs:
            break
        head = Sweep("markets", f"{name}~{size}", size)
        inside = exchange.cumulative[size]
        tail = exchange.volume - inside
        value = math.sqrt(head.credits * inside) + math.sqrt(whole.credits * tail)
        if value < best:
            best, units = value, [Unit(head, inside), Unit(whole, tail)]
    return units


def _optimum(units: list[Unit], credits: int) -> list[float]:
    """Return the best minutes between polls of each unit, found by bisection on the price."""

    def at(price: float) -> list[float]:
        return [
            min(max(math.sqrt(price * unit.sweep.credits / max(unit.volume, 1.0)), 1.0), math.inf)
            for unit in units
        ]

    low, high = 0.0, 1e30
    for _ in range(200):
        price = math.sqrt(max(low, 1e-12) * high)
        minutes = at(price)
        if _cost(units, minutes) > credits:
            low = price
        else:
            high = price
    return at(high)


def _cost(units: list[Unit], minutes: list[float]) -> float:
    return sum(
        unit.sweep.credits * MONTH_MINUTES / every
        for unit, every in zip(units, minutes, strict=True)
        if every < MONTH_MINUTES
    )


def _whole_steps(units: list[Unit], minutes: list[float], credits: int) -> list[int]:
    """Return minutes that cron can say, rounded up, then bettered while credits are left."""
    steps = sorted(STEPS)
    chosen = [next((s for s in steps if s >= every), MONTH_MINUTES) for every in minutes]
    left = credits - sum(_runs(every) * u.sweep.credits for u, every in _used(units, chosen))
    while True:
        best, gain = None, 0.0
        for number, (unit, every) in enumerate(zip(units, chosen, strict=True)):
            position = steps.index(every)
            if position == 0:
                continue
            faster = steps[position - 1]
            before = 0 if every == MONTH_MINUTES else _runs(every)
            price = (_runs(faster) - before) * unit.sweep.credits
            worth = unit.volume * (every - faster) / price
            if price <= left and worth > gain:
                best, gain = (number, faster, price), worth
        if best is None:
            return chosen
        number, faster, price = best
        chosen[number], left = faster, left - price


def _runs(every: int) -> int:
    return -(-MONTH_MINUTES // every)


def _used(units: list[Unit], chosen: list[int]) -> list[tuple[Unit, int]]:
    return [(u, e) for u, e in zip(units, chosen, strict=True) if e < MONTH_MINUTES]
