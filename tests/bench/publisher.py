"""Our Kafka publisher against bare kafka-python and bare confluent-kafka on the same bytes.

A round sends one sweep of 15,000 markets and waits for every acknowledgement; all take
turns within a round, the first in rotating order; five rounds, medians. All are idempotent
with acks=all and lz4 and carry the same keys and headers.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time

import confluent_kafka
from broker import broker
from kafka import KafkaProducer

from coincap.contract import record_type
from ingest.client import Client
from ingest.publish_confluent import ConfluentPublisher
from ingest.publish_kafka import BATCH_BYTES, LINGER_MS, KafkaPublisher
from ingest.rows import Seen, check_page
from ingest.settings import Settings
from ingest.source import LiveSource
from ingest.tick import Tick
from ingest.wire import serialise
from simulator.local import running

TOPIC = "coincap.markets"


def messages(size: int) -> list[tuple[str, bytes, dict[str, str]]]:
    """Return a sweep of markets as key, value, headers."""
    record = record_type("market")
    with running("--markets", str(size)) as simulator:
        settings = Settings(lake=tempfile.gettempdir(), api_url=simulator.url)
        client = Client(settings)
        tick, seen = Tick("markets", 0), Seen()
        made = []
        for page in LiveSource(client, settings).pages(tick, []):
            result = check_page(record, tick, page, "v3", seen)
            headers = result.origin.headers(record)
            made += [(key, serialise(row), headers) for key, row in result.accepted]
        client.close()
    return made


class Ours:
    """The project's publisher as it is by default."""

    client = ConfluentPublisher

    def __init__(self, bootstrap: str):
        self.publisher = self.client(bootstrap)

    def send(self, batch) -> None:
        """Send one sweep and wait for every acknowledgement."""
        for key, value, headers in batch:
            self.publisher.publish(TOPIC, key, value, headers)
        self.publisher.flush()


class OursOnKafkaPython(Ours):
    """The project's publisher with COINCAP_KAFKA_CLIENT=kafka-python."""

    client = KafkaPublisher


class BareKafkaPython:
    """kafka-python as its documentation shows it, with the same settings."""

    def __init__(self, bootstrap: str):
        self.producer = KafkaProducer(
            bootstrap_servers=bootstrap, acks="all", enable_idempotence=True,
            compression_type="lz4", batch_size=BATCH_BYTES, linger_ms=LINGER_MS,
        )  # fmt: skip

    def send(self, batch) -> None:
        """Send one sweep and wait for every acknowledgement."""
        futures = [
            self.producer.send(
                TOPIC,
                value,
                key.encode(),
                [(name, text.encode()) for name, text in headers.items()],
            )
            for key, value, headers in batch
        ]
        self.producer.flush()
        assert all(future.succeeded() for future in futures)


class BareConfluent:
    """confluent-kafka (librdkafka) with the same settings."""

    def __init__(self, bootstrap: str):
        self.failed = 0
        self.producer = confluent_kafka.Producer(
            {
                "bootstrap.servers": bootstrap, "acks": "all", "enable.idempotence": True,
                "compression.type": "lz4", "batch.size": BATCH_BYTES, "linger.ms": LINGER_MS,
                "partitioner": "murmur2_random", "log_level": 0,
            }
        )  # fmt: skip

    def _done(self, error, _message) -> None:
        self.failed += error is not None

    def send(self, batch) -> None:
        """Send one sweep and wait for every acknowledgement."""
        for key, value, headers in batch:
            self.producer.produce(
                TOPIC, value, key.encode(), headers=list(headers.items()), on_delivery=self._done
            )
            self.producer.poll(0)
        assert self.producer.flush(60) == 0
        assert self.failed == 0


def main() -> int:
    """Run the rounds; print rows per second and, last, the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=15_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    batch = messages(options.rows)
    with broker() as bootstrap:
        rivals = [
            rival(bootstrap) for rival in (Ours, OursOnKafkaPython, BareKafkaPython, BareConfluent)
        ]
        for rival in rivals:
            rival.send(batch)
        seconds = {type(rival).__name__: [] for rival in rivals}
        for number in range(options.rounds):
            turn = number % len(rivals)
            for rival in rivals[turn:] + rivals[:turn]:
                started = time.perf_counter()
                rival.send(batch)
                seconds[type(rival).__name__].append(time.perf_counter() - started)
    print(f"{len(batch)} rows, {sum(len(v) for _, v, _ in batch)} bytes, {os.cpu_count()} cores")
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    for name, median in medians.items():
        print(f"{name}: {len(batch) / median:,.0f} rows/s ({median:.3f} s)")
    ours, option = medians["Ours"], medians["OursOnKafkaPython"]
    print(f"publisher_vs_confluent={medians['BareConfluent'] / ours:.2f}")
    print(f"kafka_python_option_vs_kafka_python={medians['BareKafkaPython'] / option:.2f}")
    print(f"publisher_vs_kafka_python={medians['BareKafkaPython'] / ours:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
