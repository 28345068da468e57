"""Kafka publisher: kafka-python 3, idempotent, acks from all in-sync replicas, compressed."""

from kafka import KafkaProducer
from kafka.errors import KafkaError

from coincap.topics import topics
from ingest.errors import PublishFailed, one_line
from ingest.publish import Unacknowledged

BATCH_BYTES = 256 * 1024
LINGER_MS = 20
FLUSH_S = 120
BOOTSTRAP_MS = 10_000


class KafkaPublisher:
    """One producer for all topics; its order per key is Kafka's per partition."""

    def __init__(self, bootstrap: str, compression: str | None = "lz4"):
        limit = max(topic.max_message_bytes for topic in topics().values())
        try:
            self._producer = KafkaProducer(
                bootstrap_servers=bootstrap.split(","),
                enable_idempotence=True,
                acks="all",
                compression_type=compression,
                batch_size=BATCH_BYTES,
                linger_ms=LINGER_MS,
                max_request_size=limit,
                allow_auto_create_topics=False,
                bootstrap_timeout_ms=BOOTSTRAP_MS,
                client_id="coincap-functions",
            )
        except KafkaError as error:
            raise PublishFailed(
                f"no Kafka broker at {bootstrap} ({one_line(error)}); check COINCAP_KAFKA_BOOTSTRAP"
            ) from error
        self._sent: list[tuple] = []
        self._failed = Unacknowledged()

    def publish(self, topic: str, key: str, value: bytes, headers: dict[str, str]) -> None:
        """Hand one message to the producer's batches."""
        pairs = [(name, text.encode()) for name, text in headers.items()]
        try:
            future = self._producer.send(topic, value, key.encode(), pairs)
        except KafkaError as error:
            self._failed.add(topic, key, error)
        else:
            self._sent.append((topic, key, future))

    def flush(self) -> None:
        """Wait for every acknowledgement; raises PublishFailed naming what has none."""
        sent, self._sent = self._sent, []
        try:
            self._producer.flush(FLUSH_S)
        except KafkaError as error:
            self._failed.reason = one_line(error)
        for topic, key, future in sent:
            if not future.is_done:
                self._failed.add(topic, key, TimeoutError(f"no answer within {FLUSH_S} s"))
            elif future.exception is not None:
                self._failed.add(topic, key, future.exception)
        self._failed.raise_if_any()

    def close(self) -> None:
        """Close the producer; what was flushed is safe."""
        self._producer.close(timeout=5)
