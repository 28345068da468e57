"""The Kafka publisher against a broker: all arrive in the order of their key, or are named."""

import uuid

import pytest
from kafka import KafkaConsumer, TopicPartition

from ingest.errors import PublishFailed
from ingest.publish_kafka import KafkaPublisher


@pytest.fixture
def publisher(kafka):
    opened = KafkaPublisher(kafka.bootstrap)
    yield opened
    opened.close()


def read(bootstrap: str, topic: str, run: str) -> list:
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        consumer_timeout_ms=2000,
    )
    with consumer:
        return [m for m in consumer if dict(m.headers).get("run") == run.encode()]


def test_every_message_arrives_in_the_order_of_its_key(publisher, kafka):
    run = uuid.uuid4().hex
    for number in range(3000):
        key = f"key-{number % 50}"
        publisher.publish("coincap.assets", key, b"%d" % number, {"run": run})
    publisher.flush()
    messages = read(kafka.bootstrap, "coincap.assets", run)
    assert sorted(int(message.value) for message in messages) == list(range(3000))
    for key in (b"key-0", b"key-33"):
        mine = [m for m in messages if m.key == key]
        assert len({m.partition for m in mine}) == 1
        numbers = [int(m.value) for m in sorted(mine, key=lambda m: m.offset)]
        assert numbers == sorted(numbers)


def test_messages_that_were_not_acknowledged_are_named(publisher, kafka, monkeypatch):
    publisher._producer.config["max_block_ms"] = 500
    run = uuid.uuid4().hex
    publisher.publish("coincap.nowhere", "lost", b"x", {"run": run})
    publisher.publish("coincap.rates", "euro", b"y", {"run": run})
    with pytest.raises(PublishFailed) as raised:
        publisher.flush()
    assert "1 messages were not acknowledged" in str(raised.value)
    assert "coincap.nowhere lost" in str(raised.value)
    publisher.publish("coincap.rates", "yen", b"z", {"run": run})
    publisher.flush()
    assert [m.value for m in read(kafka.bootstrap, "coincap.rates", run)] == [b"y", b"z"]


def test_a_message_larger_than_the_topic_takes_is_named(publisher):
    publisher.publish("coincap.rates", "huge", b"x" * 12_000_000, {})
    with pytest.raises(PublishFailed, match=r"coincap\.rates huge"):
        publisher.flush()


def test_a_large_row_passes(publisher, kafka):
    run = uuid.uuid4().hex
    publisher.publish("coincap.rates", "large", b"x" * 5_000_000, {"run": run})
    publisher.flush()
    (message,) = read(kafka.bootstrap, "coincap.rates", run)
    assert len(message.value) == 5_000_000


def test_the_topics_partition_holds_what_was_acknowledged(publisher, kafka):
    consumer = KafkaConsumer(bootstrap_servers=kafka.bootstrap)
    partition = TopicPartition("coincap.polls", 0)
    with consumer:
        before = consumer.end_offsets([partition])[partition]
        publisher.publish("coincap.polls", "k", b"{}", {})
        publisher.flush()
        assert consumer.end_offsets([partition])[partition] == before + 1
