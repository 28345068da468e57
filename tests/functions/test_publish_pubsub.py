"""The Pub/Sub publisher against a Pub/Sub server: all arrive, in order, or the loss is named."""

import uuid

import pytest
from google.cloud import pubsub_v1

from ingest.errors import PublishFailed
from ingest.publish_pubsub import PubSubPublisher


@pytest.fixture
def project(pubsub) -> str:
    return f"test-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def subscribe(project):
    """Create a topic with a subscription; returns a function that pulls all its messages."""
    publisher, subscriber = pubsub_v1.PublisherClient(), pubsub_v1.SubscriberClient()

    def create(topic: str):
        path = publisher.topic_path(project, topic)
        subscription = subscriber.subscription_path(project, topic)
        publisher.create_topic(name=path)
        request = {"name": subscription, "topic": path, "enable_message_ordering": True}
        subscriber.create_subscription(request=request)

        def pull(count: int) -> list:
            messages = []
            while len(messages) < count:
                answer = subscriber.pull(subscription=subscription, max_messages=1000, timeout=20)
                ids = [item.ack_id for item in answer.received_messages]
                messages += [item.message for item in answer.received_messages]
                subscriber.acknowledge(subscription=subscription, ack_ids=ids)
            return messages

        return pull

    yield create
    subscriber.close()
    publisher.stop()


def test_every_message_arrives_with_key_attributes_and_order(project, subscribe):
    pull = subscribe("coincap.markets")
    publisher = PubSubPublisher(project)
    for number in range(3000):
        headers = {"snapshot_id": "s", "polled_at": str(number)}
        publisher.publish("coincap.markets", f"key-{number % 100}", b"%d" % number, headers)
    publisher.flush()
    publisher.close()
    messages = pull(3000)
    assert sorted(int(message.data) for message in messages) == list(range(3000))
    first = next(message for message in messages if message.data == b"0")
    assert dict(first.attributes) == {"key": "key-0", "snapshot_id": "s", "polled_at": "0"}
    lanes = {message.ordering_key for message in messages}
    assert 1 < len(lanes) <= 16
    for key in ("key-0", "key-57"):
        numbers = [int(m.data) for m in messages if m.attributes["key"] == key]
        assert numbers == sorted(numbers)


def test_a_topic_that_is_not_there_is_named_and_the_next_flush_is_clean(project, subscribe):
    pull = subscribe("coincap.rates")
    publisher = PubSubPublisher(project)
    for number in range(7):
        publisher.publish("coincap.nowhere", f"key-{number}", b"x", {})
    publisher.publish("coincap.rates", "euro", b"y", {})
    with pytest.raises(PublishFailed) as raised:
        publisher.flush()
    assert "7 messages were not acknowledged" in str(raised.value)
    assert "coincap.nowhere key-0" in str(raised.value)
    publisher.publish("coincap.rates", "yen", b"z", {})
    publisher.flush()
    publisher.close()
    assert sorted(message.data for message in pull(2)) == [b"y", b"z"]


def test_a_sweep_is_published_to_pubsub(deployment, project, subscribe):
    pulls = {name: subscribe(f"coincap.{name}") for name in ("markets", "polls", "dead-letter")}
    deployment.simulator.set_faults(malformed_rows=1.0)
    deployment.recorder = PubSubPublisher(project)
    summary = deployment.poll("markets")[0]
    deployment.recorder.close()
    assert summary["status"] == "done"
    assert summary["dead_lettered"] > 0
    markets = pulls["markets"](summary["published"])
    assert len({message.attributes["key"] for message in markets}) == summary["published"]
    assert len(pulls["dead-letter"](summary["dead_lettered"])) == summary["dead_lettered"]
    assert len(pulls["polls"](4)) == 4
