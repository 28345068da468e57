"""Feeds the serve query batch by batch, with real Spark and PostgreSQL, without Kafka.

A message list stands for the topics: its position within its partition is its offset. Any
cut of it into batches can be processed, in any order that Kafka could produce.
"""

import json
from datetime import timedelta
from hashlib import sha256

from pyspark.sql import functions as F

from coincap_jobs import ledger
from coincap_jobs.database import as_writer, connect
from coincap_jobs.serve import SOURCES, Serve

SCHEMA = (
    "topic string, partition int, offset bigint, timestamp timestamp, key binary, value binary, "
    "headers array<struct<key:string,value:binary>>"
)
TOPIC_IDS = {name: f"id-of-{name}" for name in SOURCES}
TABLES = {
    "assets": "id",
    "rates": "id",
    "exchanges": "exchange_id",
    "markets": "exchange_id, base_id, quote_id",
    "market_ticks": "base_id, exchange_id, quote_id, sampled_at",
    "asset_ticks": "asset_id, sampled_at",
    "market_candles_1m": "base_id, exchange_id, quote_id, minute_start",
    "asset_candles_1m": "asset_id, minute_start",
    "dead_letters": "dead_letter_id",
    "polls": "snapshot_id, kind, page, attempt",
}
VOLATILE = {"recorded_at", "replayed_at", "published_at", "source_offset", "source_partition",
            "raw_location"}  # fmt: skip


class Plan:
    """Stands for the checkpoint: the planned end offsets per batch."""

    location = "plan"

    def __init__(self):
        self.ends = {}

    def planned(self, batch_id):
        return self.ends.get(batch_id, {})


class Ends:
    """Stands for the broker: the end offsets that a test sets."""

    def __init__(self, ends=()):
        self.ends = dict(ends)

    def offsets(self, _partitions, _at):
        return self.ends


def message(endpoint, row, polled_at="2024-10-17T12:31:00.000Z", snapshot=None, text=None):
    """Return one message as the functions publish it; ``text`` overrides the row's JSON."""
    value = text if text is not None else json.dumps(row).encode()
    keys = {"markets": ("exchangeId", "baseId", "quoteId"), "exchanges": ("exchangeId",)}
    key = "|".join(str((row or {}).get(name, "?")) for name in keys.get(endpoint, ("id",)))
    stamp = polled_at.replace("-", "").replace(":", "")[:15]
    headers = {
        "endpoint": endpoint,
        "snapshot_id": snapshot or f"{endpoint}-{stamp}Z",
        "polled_at": polled_at,
        "envelope_at": polled_at,
        "api_version": "v3",
    }
    return {"topic": f"coincap.{endpoint}", "key": key, "value": value, "headers": headers}


def in_partitions(messages, partitions=2):
    """Return messages with partition (by key) and offset (by position)."""
    counts, placed = {}, []
    for each in messages:
        partition = sha256(each["key"].encode()).digest()[0] % partitions
        place = (each["topic"], partition)
        placed.append({**each, "partition": partition, "offset": counts.get(place, 0)})
        counts[place] = counts.get(place, 0) + 1
    return placed


class Driver:
    """A serving driver over a message list."""

    def __init__(self, spark, dsn, window_h=24):
        self.spark, self.plan = spark, Plan()
        self.connection = as_writer(connect(dsn, "test"))
        self.ownership = ledger.take_over(self.connection)
        self.serve = Serve(
            dsn, TOPIC_IDS, self.ownership, self.connection, self.plan,
            timedelta(hours=window_h), 2,
        )  # fmt: skip

    def process(self, placed, batch_id, end=None):
        """Process messages as one batch; ``end`` overrides the planned end offsets."""
        self.plan.ends[batch_id] = end if end is not None else ends(placed)
        self.serve.process(self.frame(placed), batch_id)

    def frame(self, placed):
        rows = [
            (m["topic"], m["partition"], m["offset"], m["key"].encode(), bytearray(m["value"]),
             [(k, v.encode()) for k, v in m["headers"].items()])
            for m in placed
        ]  # fmt: skip
        names = SCHEMA.replace("timestamp timestamp, ", "")
        return self.spark.createDataFrame(rows, names).select(
            "topic", "partition", "offset", F.current_timestamp().alias("timestamp"),
            "key", "value", "headers",
        )  # fmt: skip

    def close(self):
        self.serve.connection.close()


def ends(placed):
    """Return the end offsets that a plan over these messages has."""
    found = {}
    for m in placed:
        partitions = found.setdefault(m["topic"], {})
        partitions[m["partition"]] = max(partitions.get(m["partition"], 0), m["offset"] + 1)
    return found


def tables(dsn, volatile=VOLATILE):
    """Return every serving table's rows, in key order, without what depends on arrival."""
    content = {}
    with connect(dsn, "test") as connection:
        for table, key in TABLES.items():
            cursor = connection.execute(f"select * from market.{table} order by {key}")
            names = [c.name for c in cursor.description]
            content[table] = [
                {n: v for n, v in zip(names, row, strict=True) if n not in volatile}
                for row in cursor
            ]
    return content


def market(exchange="binance", base="bitcoin", quote="tether", price="100.5", updated=1729168200000,
           volume="1000000.4"):  # fmt: skip
    return {
        "exchangeId": exchange, "rank": "1", "baseSymbol": base[:3].upper(), "baseId": base,
        "quoteSymbol": "USDT", "quoteId": quote, "priceQuote": price, "priceUsd": price,
        "volumeUsd24Hr": volume, "percentExchangeVolume": "1.5", "tradesCount24Hr": None,
        "updated": updated,
    }  # fmt: skip


def asset(name="bitcoin", price="100.25"):
    return {
        "id": name, "rank": "1", "symbol": name[:3].upper(), "name": name, "supply": "10",
        "maxSupply": None, "marketCapUsd": "1000", "volumeUsd24Hr": "5", "priceUsd": price,
        "changePercent24Hr": "-0.5", "vwap24Hr": None, "explorer": None,
    }  # fmt: skip
