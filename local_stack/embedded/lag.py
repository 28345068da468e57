"""How far the stream job's two queries are behind Kafka."""

import time
from collections.abc import Callable

import psycopg
from kafka import KafkaConsumer, TopicPartition

from coincap.topics import topics
from embedded.errors import StackError
from embedded.processes import Component

PATIENCE = {"bootstrap_timeout_ms": 10_000, "request_timeout_ms": 10_000}
"""Of a look at Kafka: nobody waits half a minute to hear that it is away."""


def end_offsets(bootstrap: str) -> dict[str, dict[int, int]]:
    """Return the end of every partition that the stream job reads."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, **PATIENCE)
    try:
        wanted = [
            TopicPartition(topic.name, number)
            for topic in topics().values()
            if topic.route == "to_kafka"
            for number in range(topic.partitions)
        ]
        ends: dict[str, dict[int, int]] = {}
        for place, offset in consumer.end_offsets(wanted).items():
            ends.setdefault(place.topic, {})[place.partition] = offset
        return ends
    finally:
        consumer.close()


def lag(dsn: str, ends: dict[str, dict[int, int]], query: str) -> int:
    """Return how many messages a query (serve or archive) has still to do."""
    with psycopg.connect(dsn, connect_timeout=10) as connection:
        done: dict[str, dict[int, int]] = {}
        for (offsets,) in connection.execute(
            "select end_offsets from market.stream_progress where query = %s", [query]
        ):
            for topic, partitions in offsets.items():
                mine = done.setdefault(topic, {})
                for number, offset in partitions.items():
                    mine[int(number)] = max(offset, mine.get(int(number), 0))
    return sum(
        max(0, offset - done.get(topic, {}).get(number, 0))
        for topic, partitions in ends.items()
        for number, offset in partitions.items()
    )


def wait_drained(
    stream: Component,
    dsn: str,
    bootstrap: str,
    tell: Callable[[int], None],
    seconds: float = 600,
) -> None:
    """Wait until both queries have done everything that is in Kafka now.

    ``tell`` is called with the number of messages left. Raises StackError where the job ends
    or makes no headway within the time.
    """
    ends = end_offsets(bootstrap)
    deadline = time.monotonic() + seconds
    while True:
        left = max(lag(dsn, ends, "serve"), lag(dsn, ends, "archive"))
        tell(left)
        if not left:
            return
        if stream.process.poll() is not None:
            raise StackError(f"the stream job ended: {stream.tail()} (whole log: {stream.log})")
        if time.monotonic() > deadline:
            raise StackError(f"the stream job is {left} messages behind after {seconds:.0f} s")
        time.sleep(0.3)
