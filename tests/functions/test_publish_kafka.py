"""The Kafka publishers against a broker: all arrive in the order of their key, or are named."""

import pytest

from ingest.errors import PublishFailed
from ingest.publish_confluent import ConfluentPublisher
from ingest.publish_kafka import KafkaPublisher


@pytest.fixture(params=[ConfluentPublisher, KafkaPublisher])
def publisher(kafka, request):
    opened = request.param(kafka.bootstrap)
    yield opened
    opened.close()


def test_every_message_arrives_in_the_order_of_its_key(publisher, tail):
    assets = tail("coincap.assets")
    for number in range(3000):
        publisher.publish("coincap.assets", f"key-{number % 50}", b"%d" % number, {"h": "ü"})
    publisher.flush()
    messages = assets.read()
    assert sorted(int(message.value) for message in messages) == list(range(3000))
    assert all(message.headers == [("h", "ü".encode())] for message in messages)
    for key in (b"key-0", b"key-33"):
        mine = [m for m in messages if m.key == key]
        assert len({m.partition for m in mine}) == 1
        numbers = [int(m.value) for m in sorted(mine, key=lambda m: m.offset)]
        assert numbers == sorted(numbers)


def test_messages_that_were_not_acknowledged_are_named(publisher, tail):
    if isinstance(publisher, KafkaPublisher):
        publisher._producer.config["max_block_ms"] = 500
    rates = tail("coincap.rates")
    publisher.publish("coincap.nowhere", "lost", b"x", {})
    publisher.publish("coincap.rates", "euro", b"y", {})
    with pytest.raises(PublishFailed) as raised:
        publisher.flush()
    assert "1 messages were not acknowledged" in str(raised.value)
    assert "coincap.nowhere lost" in str(raised.value)
    publisher.publish("coincap.rates", "yen", b"z", {})
    publisher.flush()
    assert [message.value for message in rates.read()] == [b"y", b"z"]


def test_a_message_larger_than_the_topic_takes_is_named(publisher):
    publisher.publish("coincap.rates", "huge", b"x" * 12_000_000, {})
    with pytest.raises(PublishFailed, match=r"coincap\.rates huge"):
        publisher.flush()


def test_a_large_row_passes(publisher, tail):
    rates = tail("coincap.rates")
    publisher.publish("coincap.rates", "large", b"x" * 5_000_000, {})
    publisher.flush()
    (message,) = rates.read()
    assert len(message.value) == 5_000_000


def test_both_clients_choose_the_same_partition_for_a_key(kafka, tail):
    markets = tail("coincap.markets")
    for client in (ConfluentPublisher, KafkaPublisher):
        opened = client(kafka.bootstrap)
        for number in range(50):
            opened.publish("coincap.markets", f"binance|coin-{number}|tether", b"{}", {})
        opened.flush()
        opened.close()
    chosen = [(message.key, message.partition) for message in markets.read()]
    assert len(chosen) == 100
    assert len(set(chosen)) == 50
    assert len({partition for _, partition in chosen}) == 4


@pytest.mark.parametrize("client", [ConfluentPublisher, KafkaPublisher])
def test_a_broker_that_is_not_there_is_named(client, monkeypatch):
    monkeypatch.setattr("ingest.publish_confluent.BOOTSTRAP_S", 1)
    monkeypatch.setattr("ingest.publish_kafka.BOOTSTRAP_MS", 1000)
    with pytest.raises(PublishFailed, match=r"127\.0\.0\.1:9"):
        client("127.0.0.1:9")
