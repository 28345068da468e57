"""Messages as they stand in bronze, made for tests."""

import json
from datetime import UTC, datetime, timedelta

COLUMNS = (
    "topic string, topic_id string, partition int, offset bigint, timestamp timestamp, "
    "key string, value binary, headers map<string,string>, date date"
)
START = datetime(2024, 10, 17, 12, 0, tzinfo=UTC)
ARRIVED = datetime(2026, 1, 1, 6, 0, tzinfo=UTC)


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


class Kafka:
    """Numbers messages as a broker would: one partition, offsets without gaps."""

    def __init__(self):
        self.rows: list[tuple] = []

    def send(self, topic, endpoint, key, row, polled_at, arrived=None):
        arrived = arrived or ARRIVED + timedelta(seconds=len(self.rows))
        headers = {
            "endpoint": endpoint,
            "snapshot_id": f"{endpoint}-{polled_at:%Y%m%dT%H%M%SZ}",
            "polled_at": iso(polled_at),
            "envelope_at": iso(polled_at),
            "api_version": "v3",
            "schema_version": "1",
        }
        value = bytearray(json.dumps(row), "utf-8")
        self.rows.append(
            (topic, f"{topic}-id", 0, len(self.rows), arrived, key, value, headers, arrived.date())
        )

    def market(self, base, price, volume, updated, polled_at, exchange="binance", quote="tether"):
        row = {
            "exchangeId": exchange, "rank": "1", "baseSymbol": "X", "baseId": base,
            "quoteSymbol": "Q", "quoteId": quote, "priceQuote": "1", "priceUsd": price,
            "volumeUsd24Hr": volume, "percentExchangeVolume": None, "tradesCount24Hr": None,
            "updated": ms(updated),
        }  # fmt: skip
        self.send("coincap.markets", "markets", f"{exchange}|{base}|{quote}", row, polled_at)

    def asset(self, name, price, polled_at):
        row = {
            "id": name, "rank": "1", "symbol": "X", "name": name, "supply": "1",
            "maxSupply": None, "marketCapUsd": price, "volumeUsd24Hr": "1", "priceUsd": price,
            "changePercent24Hr": None, "vwap24Hr": None, "explorer": None,
        }  # fmt: skip
        self.send("coincap.assets", "assets", name, row, polled_at)

    def rate(self, name, usd, polled_at):
        row = {"id": name, "symbol": "R", "currencySymbol": None, "type": "fiat", "rateUsd": usd}
        self.send("coincap.rates", "rates", name, row, polled_at)

    def exchange(self, name, pairs, polled_at, title=None):
        row = {
            "exchangeId": name, "name": title or name, "rank": "1", "percentTotalVolume": "50",
            "volumeUsd": "1000000.5", "tradingPairs": str(pairs), "socket": True,
            "exchangeUrl": None, "updated": ms(polled_at),
        }  # fmt: skip
        self.send("coincap.exchanges", "exchanges", name, row, polled_at)

    def poll(self, endpoint, polled_at, kind="page", **facts):
        snapshot = f"{endpoint}-{polled_at:%Y%m%dT%H%M%SZ}"
        row = {
            "snapshotId": snapshot, "kind": kind, "endpoint": endpoint, "page": "1",
            "attempt": "1", "polledAt": ms(polled_at), "status": "200", "latencyMs": "12.5",
            "bytes": "1000", "rows": "3", "accepted": "3", "deadLettered": "0",
            "duplicates": "0", "driftFields": "0", "credits": "1", "apiVersion": "v3", **facts,
        }  # fmt: skip
        key = f"{snapshot}|{kind}|1|1"
        self.send("coincap.polls", endpoint, key, row, polled_at)

    def copy(self, number: int):
        """The bridge delivers a message a second time: other offset, same content."""
        row = list(self.rows[number])
        row[3] = len(self.rows)
        self.rows.append(tuple(row))
