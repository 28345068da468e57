"""Three brokers from production's own server.properties: one dies, nothing is lost."""

import pytest
from infra_support import resources
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError
from kafka_cluster import Cluster

pytestmark = pytest.mark.slow
MESSAGES = 6_000


@pytest.fixture(scope="module")
def cluster(plans, tmp_path_factory):
    templates = resources(plans["production"], "google_compute_instance_template")
    machines = {t["index"]: t["metadata"] for t in templates if "kafka" in t["tags"]}
    assert sorted(machines) == ["1", "2", "3"]
    cluster = Cluster(tmp_path_factory.mktemp("kafka"), machines)
    try:
        cluster.prepare()
        for node in machines:
            cluster.start(node)
        cluster.report = cluster.set_up()
        yield cluster
    finally:
        cluster.stop()


def test_topics_and_rights_are_made_and_figures_printed(cluster):
    assert "set_up failures=0" in cluster.report, cluster.report
    assert "under_replicated=0 under_min_isr=0 sink_lag=0" in cluster.report, cluster.report


def test_a_client_may_write_only_where_the_contract_lets_it(cluster):
    producer = KafkaProducer(**cluster.client("stream"), acks="all", retries=0)
    producer.send("coincap.alerts", b"{}").get(30)
    with pytest.raises(KafkaError, match=r"[Aa]uthorization|AUTHORIZATION"):
        producer.send("coincap.markets", b"{}").get(30)
    producer.close(5)


def test_a_killed_broker_loses_nothing_that_was_confirmed(cluster):
    producer = KafkaProducer(
        **cluster.client("bridge"), acks="all", retries=200, retry_backoff_ms=200, linger_ms=5,
        delivery_timeout_ms=180_000,
    )  # fmt: skip
    confirmed = []
    for number in range(MESSAGES):
        confirmed.append((number, producer.send("coincap.markets", str(number).encode())))
        if number % 200 == 0:
            producer.flush(60)
        if number == MESSAGES // 2:
            cluster.kill("2")
    producer.flush(180)
    written = {number for number, future in confirmed if future.succeeded()}
    producer.close(5)
    assert written == set(range(MESSAGES)), "two of three replicas are enough to go on"

    consumer = KafkaConsumer(**cluster.client("stream"), group_id=None, consumer_timeout_ms=15_000)
    consumer.assign([TopicPartition("coincap.markets", partition) for partition in range(4)])
    consumer.seek_to_beginning()
    read = {int(message.value) for message in consumer}
    consumer.close()
    assert read >= written
