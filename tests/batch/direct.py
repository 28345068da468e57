"""The same figures computed directly over the messages, with Python's decimals."""

import json
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal

from coincap.numbers import to_decimal18
from coincap.trust import limits, seed

WIDE = Context(prec=76, rounding=ROUND_HALF_EVEN)
OFFICIAL = {row["quote_id"] for row in seed("quotes") if row["official_fx"] == "true"}
KNOWN = {row["quote_id"] for row in seed("quotes")}


def samples(rows: list[tuple]) -> dict:
    """First poll per (market, trade time): {key: (price, weight, trusted)}."""
    found = {}
    for topic, _, _, _, _, _, value, headers, _ in rows:
        if topic != "coincap.markets":
            continue
        row = json.loads(bytes(value))
        if row["priceUsd"] is None or not row["updated"]:
            continue
        key = (row["exchangeId"], row["baseId"], row["quoteId"], row["updated"])
        order = (headers["polled_at"], headers["snapshot_id"])
        volume = row["volumeUsd24Hr"]
        weight = Decimal(volume or 0).quantize(Decimal(1), ROUND_HALF_EVEN)
        polled = datetime.fromisoformat(headers["polled_at"]).timestamp() * 1000
        trusted = (
            row["quoteId"] in KNOWN
            and row["quoteId"] not in OFFICIAL
            and polled - row["updated"] <= limits()["max_staleness_s"] * 1000
            and Decimal(volume or 0) >= limits()["min_volume_usd"]
        )
        entry = (order, to_decimal18(row["priceUsd"]), weight, trusted)
        if key not in found or order < found[key][0]:
            found[key] = entry
    return {key: entry[1:] for key, entry in found.items()}


def market_candles(rows: list[tuple], minutes: int) -> dict:
    """{(exchange, base, quote, start): (open, high, low, close, vwap, samples)}."""
    groups: dict = {}
    for (*market, updated), (price, weight, _) in samples(rows).items():
        width = minutes * 60_000
        start = datetime.fromtimestamp(updated // width * width / 1000, UTC)
        groups.setdefault((*market, start), []).append((updated, price, weight))
    return {key: _candle(sorted(values)) for key, values in groups.items()}


def asset_vwap(rows: list[tuple], asset: str, start: datetime, minutes: int) -> Decimal | None:
    """VWAP over the trustworthy samples of all markets of an asset in one period."""
    first = start.timestamp() * 1000
    chosen = [
        (price, weight)
        for (_, base, _, updated), (price, weight, trusted) in samples(rows).items()
        if base == asset and trusted and first <= updated < first + minutes * 60_000
    ]
    return _vwap(chosen)


def _candle(values: list[tuple]) -> tuple:
    prices = [price for _, price, _ in values]
    vwap = _vwap([(price, weight) for _, price, weight in values])
    return (prices[0], max(prices), min(prices), prices[-1], vwap, len(values))


def _vwap(pairs: list[tuple]) -> Decimal | None:
    weight = sum(w for _, w in pairs)
    if not weight:
        return None
    total = Decimal(0)
    for price, part in pairs:
        total = WIDE.add(total, WIDE.multiply(price, part))
    return WIDE.divide(total, weight)
