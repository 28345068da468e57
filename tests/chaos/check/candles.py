"""Candles of one minute, worked out directly over samples with Python's decimals."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Context, Decimal

from chaos.check.offline import Sample

WIDE = Context(prec=120)


@dataclass
class Candle:
    """One candle; sums are exact."""

    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    samples: int
    first_sampled_at: datetime
    last_sampled_at: datetime
    price_weight_sum: Decimal
    weight_sum: Decimal
    trusted_samples: int
    trusted_price_weight_sum: Decimal
    trusted_weight_sum: Decimal


def candles(samples: dict[tuple, Sample]) -> dict[tuple, Candle]:
    """Return the candle of every (identity …, minute) that has a sample."""
    minutes: dict[tuple, list[tuple[datetime, Sample]]] = defaultdict(list)
    for (*identity, at), sample in samples.items():
        minutes[*identity, at.replace(second=0, microsecond=0)].append((at, sample))
    return {key: _candle(sorted(members, key=lambda m: m[0])) for key, members in minutes.items()}


def _candle(members: list[tuple[datetime, Sample]]) -> Candle:
    prices = [sample.price for _, sample in members]
    trusted = [sample for _, sample in members if sample.distrust is None]
    everything = [sample for _, sample in members]
    return Candle(
        prices[0], max(prices), min(prices), prices[-1], len(members),
        members[0][0], members[-1][0],
        _value(everything), _weight(everything),
        len(trusted), _value(trusted), _weight(trusted),
    )  # fmt: skip


def _value(samples: list[Sample]) -> Decimal:
    return exact_sum(WIDE.multiply(sample.price, sample.weight) for sample in samples)


def _weight(samples: list[Sample]) -> Decimal:
    return exact_sum(sample.weight for sample in samples)


def exact_sum(numbers: Iterable[Decimal]) -> Decimal:
    """Return a sum with every digit; ``sum`` would keep 28."""
    total = Decimal(0)
    for number in numbers:
        total = WIDE.add(total, number)
    return total


def is_quotient(stored: Decimal | None, value: Decimal, weight: Decimal) -> bool:
    """Return whether a stored VWAP is value/weight to 18 digits (null where weight is 0).

    PostgreSQL rounds the quotient once and its 18 digits once more: half a unit and a little.
    """
    if not weight or stored is None:
        return stored is None and not weight
    worst = WIDE.divide(Decimal("0.51"), Decimal(10) ** 18)
    return abs(WIDE.subtract(stored, WIDE.divide(value, weight))) <= worst
