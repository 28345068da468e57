"""Pub/Sub publisher: batches, ordering key, flow control, every future awaited."""

from zlib import crc32

from google.api_core.exceptions import GoogleAPICallError
from google.cloud import pubsub_v1
from google.cloud.pubsub_v1.types import (
    BatchSettings,
    LimitExceededBehavior,
    PublisherOptions,
    PublishFlowControl,
)

from ingest.publish import Unacknowledged

FLUSH_S = 120

LANES = 16
"""Ordering keys per topic. One per row would be one request per row, and Pub/Sub carries
1 MB/s per ordering key; a row's key always has the same lane, so its order is kept."""


class PubSubPublisher:
    """One client for all topics. The message key travels as attribute ``key``."""

    def __init__(self, project: str, ordered: bool = True):
        self._project, self._ordered = project, ordered
        self._client = pubsub_v1.PublisherClient(
            batch_settings=BatchSettings(max_messages=1000, max_bytes=4_000_000, max_latency=0.05),
            publisher_options=PublisherOptions(
                enable_message_ordering=ordered,
                flow_control=PublishFlowControl(
                    message_limit=20_000,
                    byte_limit=64 * 1024 * 1024,
                    limit_exceeded_behavior=LimitExceededBehavior.BLOCK,
                ),
            ),
        )
        self._sent: list[tuple] = []
        self._failed = Unacknowledged()

    def publish(self, topic: str, key: str, value: bytes, headers: dict[str, str]) -> None:
        """Hand one message to its lane's batch; waits while 64 MiB are under way."""
        path = self._client.topic_path(self._project, topic)
        lane = f"lane-{crc32(key.encode()) % LANES}" if self._ordered else ""
        future = self._client.publish(path, value, lane, key=key, **headers)
        self._sent.append((topic, key, path, lane, future))

    def flush(self) -> None:
        """Wait for every acknowledgement; raises PublishFailed naming what has none."""
        sent, self._sent = self._sent, []
        for topic, key, path, lane, future in sent:
            try:
                future.result(FLUSH_S)
            except (GoogleAPICallError, RuntimeError, TimeoutError, ValueError) as error:
                self._failed.add(topic, key, error)
                if lane:
                    self._client.resume_publish(path, lane)
        self._failed.raise_if_any()

    def close(self) -> None:
        """Send what is left and stop the client's threads."""
        self._client.stop()
