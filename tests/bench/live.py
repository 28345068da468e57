"""A live stream for benchmarks: broker, database and stream job, and a load of known rate."""

import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import confluent_kafka
import orjson
import psycopg

from embedded.kafka import start_kafka
from embedded.places import RunFolder
from embedded.postgres import start_postgres
from embedded.processes import Component, Supervisor
from embedded.stream_job import migrate, start_stream, stop_stream

TOPIC = "coincap.markets"
_NOTIFY = """
create function market.tell_progress() returns trigger language plpgsql as $$
begin
    perform pg_notify('progress', json_build_object('query', new.query, 'ends', new.end_offsets,
        'messages', new.messages, 'read_ms', new.read_ms, 'merge_ms', new.merge_ms)::text);
    return null;
end $$;
create trigger tell_progress after insert or update on market.stream_progress
for each row execute function market.tell_progress()
"""


@dataclass
class Stack:
    """What a benchmark talks to."""

    supervisor: Supervisor
    bootstrap: str
    dsn: str
    stream: Component | None = None

    def start_stream(self, *extra: str, archive_s: int = 60) -> Component:
        """Start the stream job."""
        self.stream = start_stream(self.supervisor, self.dsn, self.bootstrap, archive_s, extra)
        return self.stream

    def stop_stream(self) -> None:
        """Stop the stream job between two batches."""
        stop_stream(self.supervisor, self.stream)


@contextmanager
def stack() -> Iterator[Stack]:
    """Yield a broker and a migrated database of this run's own; end what was started."""
    with tempfile.TemporaryDirectory(prefix="coincap-bench-") as folder:
        supervisor = Supervisor(RunFolder(Path(folder)))
        try:
            bootstrap = start_kafka(supervisor)[1]
            dsn = start_postgres(supervisor)[1]
            migrate(dsn)
            yield Stack(supervisor, bootstrap, dsn)
        finally:
            supervisor.stop_all()


def market_row(number: int, sampled_ms: int, markets: int = 2000) -> tuple[str, dict]:
    """Return (key, row) of message ``number``: its market by turns, a price of its own."""
    market, turn = number % markets, number // markets
    exchange, base, quote = f"exchange-{market % 40}", f"coin-{market // 40}", "tether"
    return f"{exchange}|{base}|{quote}", {
        "exchangeId": exchange,
        "rank": str(market % 40 + 1),
        "baseSymbol": f"C{market // 40}",
        "baseId": base,
        "quoteSymbol": "USDT",
        "quoteId": quote,
        "priceQuote": f"{1 + market}.{number % 1_000_003:012d}",
        "priceUsd": f"{1 + market}.{(number * 7) % 1_000_003:012d}",
        "volumeUsd24Hr": f"{1_000_000 + turn}.{number % 997:03d}",
        "percentExchangeVolume": "0.123456789012345678",
        "tradesCount24Hr": str(1000 + turn),
        "updated": sampled_ms,
    }


def headers(polled_ms: float, snapshot: str) -> list[tuple[str, bytes]]:
    """Return the headers that the functions set."""
    stamp = datetime.fromtimestamp(polled_ms / 1000, UTC).isoformat(timespec="milliseconds")
    stamp = stamp.replace("+00:00", "Z")
    fields = {
        "endpoint": "markets",
        "snapshot_id": snapshot,
        "polled_at": stamp,
        "envelope_at": stamp,
        "api_version": "v3",
        "schema_version": "1",
    }
    return [(name, text.encode()) for name, text in fields.items()]


def producer(bootstrap: str, **settings) -> confluent_kafka.Producer:
    """Return a producer as the functions have it: idempotent, acks=all."""
    return confluent_kafka.Producer(
        {
            "bootstrap.servers": bootstrap,
            "acks": "all",
            "enable.idempotence": True,
            "linger.ms": 5,
            "compression.type": "lz4",
            **settings,
        }
    )


@dataclass
class Load:
    """An open loop: message n is due at start + n / rate, whatever happened to those before.

    ``due`` holds per partition (offset, time due in seconds).
    """

    bootstrap: str
    rate: float
    markets: int = 2000
    due: dict[int, list[tuple[int, float]]] = field(default_factory=dict)
    failed: int = 0
    sent: int = 0

    def __post_init__(self):
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Stop sending and wait until everything is acknowledged."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        client = producer(self.bootstrap)
        started = time.time()
        while not self._stop.is_set():
            while (when := started + self.sent / self.rate) <= time.time():
                self._send(client, when)
            client.poll(0)
            time.sleep(0.002)
        client.flush(30)

    def _send(self, client, when: float) -> None:
        ms = when * 1000
        key, row = market_row(self.sent, round(ms), self.markets)
        snapshot = f"markets-{self.sent // self.markets:08d}"

        def delivered(error, message) -> None:
            if error is not None:
                self.failed += 1
            else:
                self.due.setdefault(message.partition(), []).append((message.offset(), when))

        client.produce(
            TOPIC, orjson.dumps(row), key.encode(), headers=headers(ms, snapshot),
            on_delivery=delivered,
        )  # fmt: skip
        self.sent += 1


class Commits:
    """When each batch of the serve query was visible to others: told by PostgreSQL at commit."""

    def __init__(self, dsn: str):
        with psycopg.connect(dsn) as connection:
            connection.execute(_NOTIFY)
        self.seen: list[tuple[float, dict]] = []
        self._connection = psycopg.connect(dsn, autocommit=True)
        self._connection.execute("listen progress")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            for notice in self._connection.notifies(timeout=0.2):
                self.seen.append((time.time(), json.loads(notice.payload)))

    def served(self) -> dict[int, int]:
        """Return per partition of the markets the next offset that serve will read."""
        ends: dict[int, int] = {}
        for _, batch in self.seen:
            if batch["query"] == "serve":
                for number, offset in batch["ends"].get(TOPIC, {}).items():
                    ends[int(number)] = max(offset, ends.get(int(number), 0))
        return ends

    def close(self) -> None:
        """Stop listening."""
        self._stop.set()
        self._thread.join()
        self._connection.close()


def wait_until(stream: Component, done: Callable[[], bool], seconds: float = 120) -> None:
    """Wait until something holds; ends the program where the stream or the time ends before."""
    deadline = time.monotonic() + seconds
    while not done():
        if stream.process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"error: the stream did not get through: {stream.tail()}")
        time.sleep(0.1)


def wait_served(stream: Component, load: Load, commits: Commits, seconds: float = 120) -> None:
    """Wait until every acknowledged message is committed; ends the program where it is not."""
    wanted = {number: max(o for o, _ in marks) + 1 for number, marks in load.due.items()}
    wait_until(
        stream, lambda: all(commits.served().get(n, 0) >= end for n, end in wanted.items()), seconds
    )


def machine() -> str:
    """Return the machine's size in words."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, load {os.getloadavg()[0]:.1f}"
