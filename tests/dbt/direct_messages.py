"""Messages of a month that is polled as the plan `free` polls: once all, then little, often."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bronze_rows import START, Kafka

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MONTHLY = START - 33 * DAY
HOURS = 26
ASSETS = ("alpha", "beta", "thin")
PAIRS = tuple((exchange, "alpha", "tether") for exchange in ("binance", "kraken", "lbank"))


@dataclass
class Sent:
    """The messages, and what they say: assets, calls, sweeps, refused rows, copies."""

    kafka: Kafka = field(default_factory=Kafka)
    assets: list[tuple] = field(default_factory=list)
    calls: list[tuple] = field(default_factory=list)
    sweeps: list[tuple] = field(default_factory=list)
    refused: list[tuple] = field(default_factory=list)
    copies: int = 0

    def asset(self, name: str, at: datetime, price: str, cap: str, volume: str) -> None:
        row = {
            "id": name, "rank": str(1 + ASSETS.index(name)), "symbol": name[:1], "name": name,
            "supply": "1", "maxSupply": None, "marketCapUsd": cap, "volumeUsd24Hr": volume,
            "priceUsd": price, "changePercent24Hr": None, "vwap24Hr": None, "explorer": None,
        }  # fmt: skip
        self.kafka.send("coincap.assets", "assets", name, row, at)
        self.assets.append((name, at, price, cap, volume))

    def call(self, endpoint: str, at: datetime, page: int, status: str, ms: str) -> None:
        self.kafka.poll(endpoint, at, page=str(page), status=status, latencyMs=ms, rows="100")
        self.calls.append((endpoint, at, int(status), float(ms)))

    def sweep(self, at: datetime, got: int, claimed: int, volume: str, whole: str) -> None:
        self.kafka.poll(
            "markets", at, "sweep", pairsGot=str(got), pairsClaimed=str(claimed),
            exchangesGot="3", exchangesClaimed="3", volumeGotUsd=volume, volumeClaimedUsd=whole,
        )  # fmt: skip
        self.sweeps.append((at, got, claimed, volume, whole))

    def refuse(self, at: datetime, number: int, reason: str, key: str) -> None:
        row = {
            "deadLetterId": f"{number:064d}", "source": "function",
            "sourceTopic": "coincap.markets", "sourcePartition": None, "sourceOffset": None,
            "endpoint": "markets", "snapshotId": f"markets-{number}",
            "polledAt": int(at.timestamp() * 1000), "apiVersion": "v3", "reason": reason,
            "field": "priceUsd", "key": key, "raw": '{"priceUsd": "x"}', "rawBytes": "17",
            "rawSha256": "0" * 64, "rawLocation": "page#1",
        }  # fmt: skip
        self.kafka.send("coincap.dead-letter", "markets", row["deadLetterId"], row, at)
        self.refused.append((at.date(), reason))

    def exchange(self, pairs: int, at: datetime, updated: datetime) -> None:
        row = {
            "exchangeId": "binance", "name": "Binance", "rank": "1", "percentTotalVolume": "50",
            "volumeUsd": "1", "tradingPairs": str(pairs), "socket": True, "exchangeUrl": None,
            "updated": int(updated.timestamp() * 1000),
        }  # fmt: skip
        self.kafka.send("coincap.exchanges", "exchanges", "binance", row, at)


def messages() -> Sent:
    """A sweep of all, 33 days of one pair and one asset, then 26 hours of everything."""
    rnd, sent = random.Random(7), Sent()

    def decimal(whole: int) -> str:
        return f"{rnd.randrange(1, whole)}.{rnd.randrange(10**18):018d}"

    for exchange, base, quote in PAIRS:
        sent.kafka.market(base, decimal(100), "20000", MONTHLY, MONTHLY, exchange, quote)
    sent.asset("thin", MONTHLY, "3", "1", "999999.99")
    for day in range(1, 34):
        at = MONTHLY + day * DAY
        sent.kafka.market("alpha", decimal(100), "20000", at, at)
        sent.asset("alpha", at + HOUR, decimal(10**6), decimal(10**9), "1000000")
    for hour in range(HOURS):
        at = START + hour * HOUR
        for minute in (0, 4, 26, 58):
            for name in ("alpha", "beta"):
                when = at + timedelta(minutes=minute, seconds=rnd.randrange(60))
                sent.asset(name, when, decimal(10**6), decimal(10**9), "1000000.5")
        for number in range(40):
            status = "500" if number == 7 else "200"
            moment = at + timedelta(seconds=10 * number)
            latency = f"{rnd.lognormvariate(5, 1):.6f}"
            sent.call(rnd.choice(("assets", "markets")), moment, number, status, latency)
        sent.sweep(at, 90 + hour % 7, 100, decimal(10**9), str(10**9))
    for number in range(5):
        at = START + number * timedelta(hours=5)
        reason = ("wrong_type", "missing")[number % 2]
        sent.refuse(at, number, reason, "binance|alpha|tether")
    # The news of an exchange go back between two polls of a day, and to the next day.
    for pairs, polled, news in ((7, 1, 1), (8, 3, 3), (9, 4, 2), (10, 25, 2)):
        sent.exchange(pairs, START + polled * HOUR, START + news * HOUR)
    for number in range(0, len(sent.kafka.rows), 50):
        sent.kafka.copy(number)
        sent.copies += 1
    return sent
