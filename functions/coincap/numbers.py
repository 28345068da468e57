"""Exact decimals: CoinCap's number texts as DECIMAL(38,18).

The reference for every other implementation (Spark, PostgreSQL, BigQuery): tests compare
them with this one.
"""

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal

PRECISION = 38
SCALE = 18
INTEGER_DIGITS = PRECISION - SCALE

PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?")
"""A number on the wire: digits, no exponent, no plus sign, no bare point."""

_WIDE = Context(prec=400, rounding=ROUND_HALF_EVEN)
_QUANTUM = Decimal(1).scaleb(-SCALE)


def to_decimal18(text: str) -> Decimal:
    """Return a plain number text rounded half-even to 18 fractional digits.

    Raises ValueError where the text is no plain number or has more than 20 integer digits.
    """
    if not PLAIN.fullmatch(text):
        raise ValueError(f"not a plain decimal number: {text[:60]!r}")
    value = _WIDE.create_decimal(text[:380]).quantize(_QUANTUM, context=_WIDE)
    # copy_abs, because abs() would round to the caller's context.
    if value.copy_abs() >= Decimal(10) ** INTEGER_DIGITS:
        raise ValueError(f"more than {INTEGER_DIGITS} integer digits: {text[:60]!r}")
    return value
