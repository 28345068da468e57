"""Numbers as people read them: ``$1.32 T``, ``61.4 %``, ``182 ms``."""

from datetime import datetime
from decimal import Decimal

SIGNS = {"percent": "%", "ms": "ms", "s": "s", "bps": "bps", "rows": "", "count": "", "none": ""}
AXES = {"ms": "milliseconds", "s": "", "bps": "basis points", "count": "", "none": ""}
SCALES = ((10**12, " T"), (10**9, " B"), (10**6, " M"))
NARROW = "\u202f"


def show(value: object, unit: str = "none") -> str:
    """Return ``value`` as text with its unit; an en dash stands for null."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if not isinstance(value, int | float | Decimal) or isinstance(value, bool):
        return str(value)
    if unit == "USD":
        return dollars(value)
    if unit == "s":
        return duration(value)
    sign = SIGNS.get(unit, unit)
    return f"{plain(value)}{NARROW}{sign}" if sign else plain(value)


def dollars(value: float | Decimal) -> str:
    """Return USD: scaled from a million up, four significant digits below one."""
    size, sign = abs(value), "-" if value < 0 else ""
    for scale, letter in SCALES:
        if size >= scale:
            return f"{sign}${float(size) / scale:,.2f}{letter.replace(' ', NARROW)}"
    if size >= 10 or size == 0:
        return f"{sign}${size:,.2f}"
    if size >= 1:
        return f"{sign}${size:,.4f}"
    return f"{sign}${_significant(size)}"


def plain(value: float | Decimal) -> str:
    """Return a number with thousands separators and at most two decimals."""
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.2f}" if abs(value) < 100 else f"{value:,.1f}"


def duration(seconds: float | Decimal) -> str:
    """Return seconds as ``12 s``, ``3 min``, ``3 min 05 s``, ``4 h 12 min`` or ``31 days``."""
    whole = round(seconds)
    if abs(seconds) < 10:
        return f"{float(seconds):.1f}{NARROW}s"
    if whole < 60:
        return f"{whole}{NARROW}s"
    if whole < 7200:
        minutes = f"{whole // 60}{NARROW}min"
        return f"{minutes} {whole % 60:02d}{NARROW}s" if whole % 60 else minutes
    if whole < 172_800:
        return f"{whole // 3600}{NARROW}h {whole % 3600 // 60:02d}{NARROW}min"
    return f"{whole // 86_400:,}{NARROW}days"


def axis(unit: str) -> str:
    """Return the unit as an axis names it."""
    return AXES.get(unit, unit)


def _significant(size: float | Decimal, digits: int = 4) -> str:
    exact = Decimal(size)
    return f"{exact.quantize(Decimal(1).scaleb(exact.adjusted() - digits + 1)):f}"
