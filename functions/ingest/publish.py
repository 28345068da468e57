"""Publishing behind one interface: what a message is, and that all were acknowledged."""

from dataclasses import dataclass, field
from typing import Protocol

from ingest.errors import PublishFailed, one_line
from ingest.settings import Settings

NAMED = 5
"""So many unacknowledged keys are named in an error; the rest are counted."""


class Publisher(Protocol):
    """Sends messages; ``flush`` returns only when every one was acknowledged."""

    def publish(self, topic: str, key: str, value: bytes, headers: dict[str, str]) -> None:
        """Hand over one message; may wait while too much is under way."""

    def flush(self) -> None:
        """Wait for every message since the last flush; raises PublishFailed naming the rest."""

    def close(self) -> None:
        """Give the connections back."""


@dataclass
class Unacknowledged:
    """Messages that failed since the last flush."""

    count: int = 0
    named: list[str] = field(default_factory=list)
    reason: str = ""

    def add(self, topic: str, key: str, reason: object) -> None:
        """Count one message; the first few are named."""
        self.count += 1
        self.reason = self.reason or one_line(f"{type(reason).__name__}: {reason}")
        if len(self.named) < NAMED:
            self.named.append(f"{topic} {key}")

    def raise_if_any(self) -> None:
        """Raise PublishFailed where a message was not acknowledged, and start anew."""
        if not self.count:
            return
        text = (
            f"{self.count} messages were not acknowledged ({self.reason}), among them "
            f"{'; '.join(self.named)}; call the same tick again to publish them"
        )
        self.count, self.named, self.reason = 0, [], ""
        raise PublishFailed(text)


def open_publisher(settings: Settings) -> Publisher:
    """Return the publisher that the settings name."""
    if settings.publisher == "pubsub":
        from ingest.publish_pubsub import PubSubPublisher

        return PubSubPublisher(settings.project)
    if settings.kafka_client == "kafka-python":
        from ingest.publish_kafka import KafkaPublisher

        return KafkaPublisher(settings.kafka_bootstrap)
    from ingest.publish_confluent import ConfluentPublisher

    return ConfluentPublisher(settings.kafka_bootstrap)
