"""Everything a broker holds, from the first offset to the last."""

import hashlib
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from confluent_kafka import Consumer, TopicPartition

READ = (
    "coincap.assets",
    "coincap.rates",
    "coincap.exchanges",
    "coincap.markets",
    "coincap.polls",
    "coincap.dead-letter",
)
"""The topics that the stream job reads."""
SILENCE_S = 60
OUTBOX = "coincap.dead-letter.stream"
EXPECT, SERVED, LATER = "chaos_expect", "chaos_served", "chaos_later"
"""Headers of messages that a fault made by hand: the refusal it must meet (``reason|field``);
the newest poll of its topic that was surely served before it; that it was refused and then, before
the check, brought into the tables from its dead letter."""


@dataclass(frozen=True)
class Message:
    """One Kafka message."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes
    headers: dict[str, str] = field(hash=False)

    @cached_property
    def md5(self) -> str:
        """The value's MD5 in hexadecimal."""
        return hashlib.md5(self.value).hexdigest()

    @cached_property
    def row(self) -> dict:
        """The value as JSON; of a key that stands twice the last counts."""
        return json.loads(self.value)

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What a copy made by the bridge agrees in."""
        return self.topic, self.headers.get("snapshot_id", ""), self.key, self.md5

    @property
    def refusal(self) -> str | None:
        """The ``reason|field`` that this message must be refused with; None: it is good."""
        return self.headers.get(EXPECT)

    @property
    def redelivered(self) -> bool:
        """Whether it was refused first and accepted when its dead letter was judged again."""
        return LATER in self.headers

    @property
    def letter(self) -> str:
        """The id of its dead letter, were it refused by the stream."""
        return hashlib.sha256("|".join(self.identity).encode()).hexdigest()

    def moment(self, header: str) -> datetime:
        """Return a header as a UTC time."""
        return datetime.fromisoformat(self.headers[header]).astimezone(UTC)


def read(bootstrap: str, topics: tuple[str, ...] = READ) -> list[Message]:
    """Return every message of the topics, per partition in order of offset.

    Raises RuntimeError where the broker does not hand out what its ends promise.
    """
    settings = {"bootstrap.servers": bootstrap, "group.id": "chaos", "enable.auto.commit": False}
    consumer = Consumer({**settings, "fetch.message.max.bytes": 12_000_000})
    try:
        return _read(consumer, topics)
    finally:
        consumer.close()


def _read(consumer: Consumer, topics: tuple[str, ...]) -> list[Message]:
    left, start = {}, []
    for name, (low, high) in ends(consumer, topics).items():
        if high > low:
            left[name] = high
            start.append(TopicPartition(*name, low))
    consumer.assign(start)
    messages: list[Message] = []
    heard = time.monotonic()
    while left:
        # It waits for that many messages, or for all of the time.
        got = consumer.consume(500, timeout=0.2)
        heard = time.monotonic() if got else heard
        if time.monotonic() - heard > SILENCE_S:
            raise RuntimeError(f"the broker stopped short of the ends of {sorted(left)}")
        for raw in got:
            if raw.error():
                raise RuntimeError(str(raw.error()))
            messages.append(_message(raw))
            place = (raw.topic(), raw.partition())
            if raw.offset() + 1 >= left.get(place, 0):
                left.pop(place, None)
    return messages


def ends(consumer: Consumer, topics: tuple[str, ...] = READ) -> dict[tuple[str, int], tuple]:
    """Return (first, next) offset of every (topic, partition)."""
    known = consumer.list_topics(timeout=30).topics
    return {
        (topic, number): consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=30)
        for topic in topics
        for number in known[topic].partitions
    }


def _message(raw) -> Message:
    headers = {name: (value or b"").decode() for name, value in raw.headers() or ()}
    key = (raw.key() or b"").decode()
    return Message(raw.topic(), raw.partition(), raw.offset(), key, raw.value() or b"", headers)
