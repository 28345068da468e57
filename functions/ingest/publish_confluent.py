"""Kafka publisher on librdkafka (confluent-kafka): the default, several times faster.

Same guarantees as ``publish_kafka``: idempotent, acks from all in-sync replicas, compressed,
and the same partition per key (murmur2).
"""

import logging

from confluent_kafka import KafkaException, Producer

from coincap.topics import topics
from ingest.errors import PublishFailed, one_line
from ingest.publish import Unacknowledged

BATCH_BYTES = 256 * 1024
LINGER_MS = 20
FLUSH_S = 120
BOOTSTRAP_S = 10
FULL_WAIT_S = 1.0
UNKNOWN_TOPIC_MS = 5000
"""After so long a topic that the broker does not name is taken as missing."""


class ConfluentPublisher:
    """One producer for all topics; its order per key is Kafka's per partition."""

    def __init__(self, bootstrap: str, compression: str = "lz4"):
        limit = max(topic.max_message_bytes for topic in topics().values())
        quiet = logging.getLogger("librdkafka")
        quiet.addHandler(logging.NullHandler())
        quiet.propagate = False
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "client.id": "coincap-functions",
                "acks": "all",
                "enable.idempotence": True,
                "compression.type": compression,
                "batch.size": BATCH_BYTES,
                "linger.ms": LINGER_MS,
                "message.max.bytes": limit,
                "partitioner": "murmur2_random",
                "topic.metadata.propagation.max.ms": UNKNOWN_TOPIC_MS,
            },
            logger=quiet,
        )
        self._failed = Unacknowledged()
        try:
            self._producer.list_topics(timeout=BOOTSTRAP_S)
        except KafkaException as error:
            raise PublishFailed(
                f"no Kafka broker at {bootstrap} ({one_line(error.args[0].str())}); "
                "check COINCAP_KAFKA_BOOTSTRAP"
            ) from None

    def publish(self, topic: str, key: str, value: bytes, headers: dict[str, str]) -> None:
        """Hand one message to the producer's batches; waits while its queue is full."""
        pairs = list(headers.items())
        while True:
            try:
                self._producer.produce(
                    topic, value, key.encode(), headers=pairs, on_delivery=self._delivered
                )
            except BufferError:
                self._producer.poll(FULL_WAIT_S)
            except KafkaException as error:
                self._failed.add(topic, key, error)
                return
            else:
                self._producer.poll(0)
                return

    def flush(self) -> None:
        """Wait for every acknowledgement; raises PublishFailed naming what has none."""
        if self._producer.flush(FLUSH_S):
            self._producer.purge()
            self._producer.flush(1)
        self._failed.raise_if_any()

    def close(self) -> None:
        """Drop what was never flushed; what was flushed is safe."""
        self._producer.purge()
        self._producer.flush(1)

    def _delivered(self, error, message) -> None:
        if error is not None:
            key = (message.key() or b"").decode("utf-8", "replace")
            self._failed.add(message.topic(), key, KafkaException(error))
