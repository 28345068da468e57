"""A CoinCap value as a table must hold it, with Python's decimals."""

import csv
import json
import re
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from pathlib import Path

SEEDS = Path(__file__).resolve().parents[3] / "functions" / "coincap" / "seeds"
WIDE = Context(prec=400, rounding=ROUND_HALF_EVEN)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EIGHTEEN = Decimal(1).scaleb(-18)
_NUMERIC, _INTEGERS, _TIME, _BOOLEAN, _UUID = 1700, (20, 21, 23), 1184, 16, 2950


def column(name: str) -> str:
    """Return the column of a CoinCap field: volumeUsd24Hr is volume_usd_24hr."""
    return re.sub(r"(?<=[a-z])(?=[A-Z0-9])", "_", name).lower()


def decimal18(text) -> Decimal | None:
    """Return a number text rounded half-even to 18 fractional digits."""
    return None if text is None else WIDE.create_decimal(str(text)).quantize(_EIGHTEEN, None, WIDE)


def whole(value: Decimal | None) -> Decimal:
    """Return a volume as a weight: whole USD, half-even, 0 where there is none."""
    return Decimal(0) if value is None else value.quantize(Decimal(1), ROUND_HALF_EVEN, WIDE)


def moment(milliseconds) -> datetime | None:
    """Return ms since 1970 as a time; 0 is CoinCap's "never"."""
    return _EPOCH + timedelta(milliseconds=int(milliseconds)) if int(milliseconds or 0) else None


def as_stored(value, type_code: int):
    """Return a JSON value as PostgreSQL's type of that code holds it."""
    if value is None:
        return None
    if type_code == _NUMERIC:
        return decimal18(value)
    if type_code in _INTEGERS:
        return int(value)
    if type_code == _TIME:
        return moment(value)
    if type_code == _BOOLEAN:
        return bool(value)
    return value if isinstance(value, str) else json.dumps(value)


def same(stored, value, type_code: int) -> bool:
    """Return whether a stored value is the JSON value; objects are compared by content."""
    if isinstance(value, dict | list):
        return stored is not None and json.loads(stored) == value
    if type_code == _UUID:
        return str(stored).replace("-", "") == value
    return stored == as_stored(value, type_code)


class Trust:
    """Which market samples may price an asset, read from the seed files themselves."""

    def __init__(self, folder: Path = SEEDS):
        with (folder / "quotes.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        self._known = {row["quote_id"] for row in rows}
        self._official = {row["quote_id"] for row in rows if row["official_fx"] == "true"}
        limits = json.loads((folder / "trust.json").read_text())
        self._staleness = timedelta(seconds=limits["max_staleness_s"])
        self._volume = Decimal(limits["min_volume_usd"])

    def distrust(self, row: dict, polled_at: datetime) -> str | None:
        """Return why a market's row may not price its asset; None: it may."""
        updated, volume = moment(row.get("updated")), decimal18(row.get("volumeUsd24Hr"))
        if row.get("priceUsd") is None:
            return "no_price"
        if row["quoteId"] not in self._known:
            return "unknown_quote"
        if row["quoteId"] in self._official:
            return "official_fx"
        if updated is None or updated < polled_at - self._staleness:
            return "stale"
        return "thin" if volume is None or volume < self._volume else None
