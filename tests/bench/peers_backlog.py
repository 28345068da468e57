"""A backlog of market messages with what a bridge does to it, and what must come of it.

Polls of all markets every 10 s, 43 of 100 with a new trade (the captures' share), prices of 16
decimals as CoinCap sends them. One message in 97 is there twice and one in 101 comes three polls
late, as after a killed bridge. ``expected`` works the tables out in Python's own decimals from
the messages, with no code of the job.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal

from live import TOPIC, headers, market_row, producer

START_MS = 1_729_168_200_000
POLL_MS = 10_000
NEW_TRADE = 0.43
_EXACT = Context(prec=80)
_SCALE = Decimal(1).scaleb(-18)


@dataclass(frozen=True)
class Message:
    """One message of the topic; times in ms since 1970-01-01 UTC."""

    key: str
    row: dict
    polled_ms: int
    snapshot: str


def message(number: int, markets: int) -> Message:
    """Return message ``number`` of the undisturbed order: markets by turns, poll after poll."""
    poll, market = divmod(number, markets)
    traded = START_MS + int(poll * NEW_TRADE) * POLL_MS + market
    key, row = market_row(number, traded, markets)
    # The odd factor spreads the digits: no two polls of a market have the same price.
    row["priceUsd"] = f"{1 + market}.{number * 6_364_136_223_846_793_005 % 10**16:016d}"
    return Message(key, row, START_MS + 3_600_000 + poll * POLL_MS, f"markets-{poll:06d}")


def order(messages: int, markets: int) -> list[int]:
    """Return the numbers of the messages in the order in which they are sent."""
    places = []
    for number in range(messages):
        late = number % 101 == 0
        places.append((number + (3 * markets if late else 0), number))
        if number % 97 == 0:
            places.append((number + 5_000, number))
    return [number for _, number in sorted(places)]


def fill(bootstrap: str, messages: int, markets: int) -> int:
    """Produce the backlog; return how many messages it has, the repeated ones included."""
    client = producer(bootstrap, **{"linger.ms": 50, "queue.buffering.max.messages": 2_000_000})
    numbers = order(messages, markets)
    for done, number in enumerate(numbers):
        sent = message(number, markets)
        marks = headers(sent.polled_ms, sent.snapshot)
        client.produce(TOPIC, json.dumps(sent.row).encode(), sent.key.encode(), headers=marks)
        if done % 1000 == 0:
            client.poll(0)
    client.flush(120)
    return len(numbers)


@dataclass
class Tables:
    """Latest rows by (exchange, base, quote) and candles by the same and the minute in ms."""

    latest: dict[tuple, tuple]
    candles: dict[tuple, tuple]


def expected(messages: int, markets: int) -> Tables:
    """Return the tables that the backlog makes, however often and late a message comes.

    A latest row is (polled_ms, snapshot, price_usd); a candle (open, high, low, close, vwap,
    samples) of the trades that the market reported in that minute, each at its first poll.
    """
    latest: dict[tuple, tuple] = {}
    first: dict[tuple, dict[int, tuple]] = {}
    for sent in _all(messages, markets):
        key = tuple(sent.key.split("|"))
        updated, price = sent.row["updated"], Decimal(sent.row["priceUsd"])
        version = (updated, sent.polled_ms, sent.snapshot)
        if key not in latest or version > latest[key][0]:
            latest[key] = (version, price)
        weight = Decimal(sent.row["volumeUsd24Hr"]).quantize(Decimal(1), ROUND_HALF_EVEN)
        minute = first.setdefault((*key, updated - updated % 60_000), {})
        if updated not in minute or sent.polled_ms < minute[updated][0]:
            minute[updated] = (sent.polled_ms, price, weight)
    return Tables(
        {key: (*version[1:], price) for key, (version, price) in latest.items()},
        {key: _candle([kept for _, kept in sorted(m.items())]) for key, m in first.items()},
    )


def _all(messages: int, markets: int) -> Iterator[Message]:
    return (message(number, markets) for number in range(messages))


def _candle(samples: list[tuple]) -> tuple:
    prices = [price for _, price, _ in samples]
    total = sum(weight for _, _, weight in samples)
    product = sum(_EXACT.multiply(price, weight) for _, price, weight in samples)
    vwap = _EXACT.divide(product, total).quantize(_SCALE, ROUND_HALF_UP, _EXACT)
    return prices[0], max(prices), min(prices), prices[-1], vwap, len(samples)
