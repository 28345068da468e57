"""A small market over some hours, with all that goes wrong in one: repeats, copies, nulls."""

import random
from datetime import datetime, timedelta

from bronze_rows import START, Kafka

PAIRS = [
    ("binance", "bitcoin", "tether"),
    ("kraken", "bitcoin", "tether"),
    ("kraken", "bitcoin", "ukrainian-hryvnia"),
    ("binance", "ethereum", "tether"),
    ("kraken", "xrp", "euro"),
]
"""One of them is quoted in a currency of an official rate: it may not price its asset."""


def market_hours(hours: int, start: datetime = START, step: int = 4, seed: int = 11) -> list[tuple]:
    """Messages of ``hours`` hours from ``start``, a poll every ``step`` minutes (UTC).

    A message arrives two seconds after its poll, so hours of arrival are hours of the market.
    """
    rnd, kafka, updated = random.Random(seed), Kafka(), {}
    for minute in range(0, 60 * hours, step):
        polled = start + timedelta(minutes=minute)
        first = len(kafka.rows)
        if minute % 60 == 0:
            for name, pairs in (("binance", 2), ("kraken", 3)):
                kafka.exchange(name, pairs, polled)
            kafka.rate("tether", "1.000000000000000001", polled)
            kafka.rate("euro", f"1.0{rnd.randrange(10**17):017d}", polled)
        for exchange, base, quote in PAIRS:
            key = (exchange, base, quote)
            if key not in updated or rnd.random() < 0.6:
                updated[key] = polled - timedelta(seconds=rnd.randrange(5, 70))
            price = f"{rnd.randrange(1, 10**9)}.{rnd.randrange(10**21):021d}"
            volume = rnd.choice(["123456789.5", "20000", "12.5", None])
            kafka.market(base, price, volume, updated[key], polled, exchange, quote)
        for name in ("bitcoin", "ethereum", "xrp"):
            price = f"{rnd.randrange(1, 10**6)}.{rnd.randrange(10**18):018d}"
            kafka.asset(name, price, polled)
        kafka.market("xrp", None, None, polled, polled, exchange="binance")
        kafka.poll("markets", polled)
        kafka.poll(
            "markets", polled, "sweep", pairsGot="5", pairsClaimed="5",
            exchangesGot="2", exchangesClaimed="2", volumeGotUsd="100", volumeClaimedUsd="100",
        )  # fmt: skip
        if minute % 12 == 0:
            kafka.copy(first)
        base = int(start.timestamp())
        kafka.rows[first:] = [_arrives(row, polled, base) for row in kafka.rows[first:]]
    return kafka.rows


def _arrives(row: tuple, polled: datetime, base: int) -> tuple:
    """Give a message its time of arrival, and an offset that no other call's message has."""
    arrived = polled + timedelta(seconds=2)
    return (*row[:3], base + row[3], arrived, *row[5:8], arrived.date())
