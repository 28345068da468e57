"""What is sent through the bridge, and what of it has arrived in Kafka."""

import json
import time

from harness import market, message
from kafka import KafkaConsumer, TopicPartition

MESSAGES, PAIRS = 10_000, 500
START_MS = 1_729_168_200_000
"""2024-10-17T12:30:00Z, the first trade."""


def sent() -> list[dict]:
    """Twenty sweeps of 500 markets, a minute apart; one row in a thousand is no number.

    No two values are equal, so a value alone says which message it is.
    """
    found = []
    for number in range(MESSAGES):
        sweep, pair = divmod(number, PAIRS)
        row = market(
            base=f"asset-{pair}",
            price="NaN" if number % 1000 == 7 else f"{100 + pair}.{number:05d}1",
            updated=START_MS + sweep * 60_000 + pair,
        )
        row["baseSymbol"] = "Ƀ"
        text = json.dumps(row, ensure_ascii=False).encode()
        one = message("markets", row, f"2024-10-17T12:{31 + sweep}:00.000Z", text=text)
        one["headers"]["schema_version"] = "1"
        found.append(one)
    return found


class Reader:
    """Keeps what arrives in a topic, in the order of its arrival."""

    def __init__(self, cluster, topic: str, partitions: int, wanted: list[dict]):
        self.consumer = KafkaConsumer(**cluster.client("stream"), group_id=None)
        self.consumer.assign([TopicPartition(topic, number) for number in range(partitions)])
        self.consumer.seek_to_beginning()
        self._number = {one["value"]: number for number, one in enumerate(wanted)}
        self.arrived: list[dict] = []
        self.seen: dict[int, dict] = {}

    def read_until(self, count: int, worker, patience_s: float = 200) -> None:
        """Read until ``count`` different messages are there; fail where none comes any more."""
        last = time.monotonic()
        while len(self.seen) < count:
            assert worker.process.poll() is None, worker.log()
            waited = time.monotonic() - last
            assert waited < patience_s, f"stuck at {len(self.seen)} of {count}\n{worker.log()}"
            if self._read(1000):
                last = time.monotonic()

    def read_rest(self, quiet_polls: int = 5) -> None:
        """Read on until nothing has come for some seconds: repetitions come last."""
        quiet = 0
        while quiet < quiet_polls:
            quiet = 0 if self._read(1000) else quiet + 1

    def _read(self, timeout_ms: int) -> int:
        before = len(self.arrived)
        for messages in self.consumer.poll(timeout_ms).values():
            for one in messages:
                arrived = {
                    "topic": one.topic, "partition": one.partition, "offset": one.offset,
                    "key": one.key.decode(), "value": one.value,
                    "headers": {name: value.decode() for name, value in one.headers},
                }  # fmt: skip
                self.arrived.append(arrived)
                self.seen[self._number[one.value]] = arrived
        return len(self.arrived) - before
