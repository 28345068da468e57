"""The released connector with the properties that Terraform renders, against a Pub/Sub server.

Everything on the way is real: broker with TLS, passwords and rights, Connect worker, connector;
and after it the serve query on Spark and PostgreSQL.
Only Google's address leads to a Pub/Sub server in memory (tests/tools/pubsub_emulator).
"""

import itertools
import json
import os
import shutil
import signal
import subprocess
import time
import zipfile
from pathlib import Path

import psycopg
import pytest
from bridge_messages import MESSAGES, PAIRS, Reader, sent
from google.cloud import pubsub_v1
from google_stand_in import GoogleStandIn
from harness import Driver, ends, in_partitions, tables
from infra_support import REPOSITORY, missing, resources
from java_tools import QUIET, class_path, connector_jar, java
from kafka import KafkaProducer
from kafka_cluster import Cluster, free_port

pytestmark = pytest.mark.slow
PROJECT = "test-project"
SINK_MESSAGES = 500


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    if shutil.which("go") is None:
        missing("go (it builds the Pub/Sub server)")
    program = tmp_path_factory.mktemp("emulator") / "pubsub-emulator"
    built = subprocess.run(
        ["go", "build", "-o", program, "."],
        cwd=REPOSITORY / "tests" / "tools" / "pubsub_emulator", capture_output=True, text=True,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    process = subprocess.Popen([program], stdout=subprocess.PIPE, text=True)
    address = process.stdout.readline().split()[-1]
    yield address
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="module")
def pubsub(emulator, plans):
    """Publisher and subscriber, with the planned topics and subscriptions in place."""
    options = pubsub_v1.types.PublisherOptions(enable_message_ordering=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PUBSUB_EMULATOR_HOST", emulator)
        publisher = pubsub_v1.PublisherClient(publisher_options=options)
        subscriber = pubsub_v1.SubscriberClient()
    plan = plans["standard"]
    for topic in resources(plan, "google_pubsub_topic"):
        publisher.create_topic(request={"name": publisher.topic_path(PROJECT, topic["name"])})
    for subscription in resources(plan, "google_pubsub_subscription"):
        topic = subscription["name"].rsplit(".", 1)[0]
        subscriber.create_subscription(
            request={
                "name": subscriber.subscription_path(PROJECT, subscription["name"]),
                "topic": publisher.topic_path(PROJECT, topic),
                "ack_deadline_seconds": subscription["ack_deadline_seconds"],
                "enable_message_ordering": bool(subscription["enable_message_ordering"]),
            }
        )
    yield publisher, subscriber
    publisher.stop()
    subscriber.close()


@pytest.fixture(scope="module")
def cluster(plans, tmp_path_factory):
    templates = resources(plans["standard"], "google_compute_instance_template")
    machines = {t["index"]: t["metadata"] for t in templates if "kafka" in t["tags"]}
    cluster = Cluster(tmp_path_factory.mktemp("kafka"), machines)
    try:
        cluster.prepare()
        cluster.start("1")
        report = cluster.set_up()
        assert "failures=0" in report, report
        yield cluster
    finally:
        cluster.stop()


class Worker:
    """The planned bridge: its properties, its connectors, on this machine's addresses."""

    def __init__(
        self, root: Path, metadata: dict[str, str], cluster: Cluster, google: GoogleStandIn
    ):
        self._root, self._google = root, google
        production = "/mnt/stateful_partition/coincap"
        worker = metadata["worker-properties"].replace("@PASSWORD@", cluster.password["bridge"])
        worker = cluster.localise(worker, "1").replace(production, str(root))
        worker = worker.replace("127.0.0.1:8083", f"127.0.0.1:{free_port()}")
        for name in ("config", "state", "tls", "plugins/pubsub"):
            (root / name).mkdir(parents=True)
        shutil.copy(cluster.ca, root / "tls" / "ca.pem")
        (root / "config" / "worker.properties").write_text(worker)
        self.files = []
        for name in metadata["connectors"].split():
            file = root / "config" / f"connector-{name}.properties"
            file.write_text(metadata[f"connector-{name}"])
            self.files.append(str(file))
        (root / "plugins" / "pubsub" / "connector.jar").symlink_to(connector_jar())

    def add_manifests(self, manifests: dict[str, str]) -> None:
        """Put the planned manifests beside the connector, as a jar."""
        with zipfile.ZipFile(self._root / "plugins" / "pubsub" / "manifests.jar", "w") as jar:
            for name, text in manifests.items():
                jar.writestr(name, text)

    def start(self) -> None:
        log = (self._root / "worker.log").open("ab")
        environment = {**os.environ, "GOOGLE_APPLICATION_CREDENTIALS": str(self._google.key_file)}
        self.process = subprocess.Popen(
            [java(), "-Xmx512m", *self._google.java_options, QUIET, "-cp", class_path(),
             "org.apache.kafka.connect.cli.ConnectStandalone",
             str(self._root / "config" / "worker.properties"), *self.files],
            stdout=log, stderr=log, env=environment,
        )  # fmt: skip

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def log(self) -> str:
        return (self._root / "worker.log").read_text(errors="replace")[-3000:]


@pytest.fixture(scope="module")
def worker(plans, pubsub, cluster, emulator, tmp_path_factory):
    host, port = emulator.rsplit(":", 1)
    google = GoogleStandIn(tmp_path_factory.mktemp("google"), (host.strip("[]"), int(port)))
    google.start()
    (bridge,) = [
        t
        for t in resources(plans["standard"], "google_compute_instance_template")
        if "bridge" in t["tags"]
    ]
    worker = Worker(tmp_path_factory.mktemp("bridge"), bridge["metadata"], cluster, google)
    changes = plans["standard"]["output_changes"]["bridge_manifests"]["after"]
    worker.add_manifests(changes)
    worker.start()
    yield worker
    worker.kill()
    google.stop()


@pytest.fixture(scope="module")
def wanted():
    return sent()


@pytest.fixture(scope="module")
def reader(worker, pubsub, cluster, wanted):
    """All messages sent, the worker killed on the way, and what has arrived of them."""
    publisher, _ = pubsub
    topic = publisher.topic_path(PROJECT, "coincap.markets")
    # Without ordering keys: the server in memory hands out one message per key at a time.
    futures = [
        publisher.publish(topic, one["value"], key=one["key"], **one["headers"]) for one in wanted
    ]
    for future in futures:
        future.result(120)
    reader = Reader(cluster, "coincap.markets", 4, wanted)
    reader.read_until(MESSAGES // 3, worker)
    worker.kill()
    worker.start()
    reader.read_until(MESSAGES, worker)
    reader.read_rest()
    reader.consumer.close()
    return reader


def test_no_message_is_lost_when_the_worker_is_killed(reader, wanted):
    assert set(reader.seen) == set(range(MESSAGES))
    partitions = {one["partition"] for one in reader.arrived}
    assert len(partitions) == 4, "the key decides the partition"
    for number, arrived in reader.seen.items():
        assert arrived["key"] == wanted[number]["key"]
        assert arrived["headers"] == wanted[number]["headers"]
    print(f"{len(reader.arrived) - MESSAGES} duplicates of {MESSAGES} messages")


def test_the_tables_are_those_of_an_undisturbed_run(reader, wanted, spark, server, migrated):
    def drive(name: str, placed: list[dict], batches: int) -> dict[str, list]:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'create database {name} template "template_market"')
        dsn = server.replace("dbname=coincap", f"dbname={name}")
        driver = Driver(spark, dsn)
        bounds = [len(placed) * number // batches for number in range(batches + 1)]
        for number, (start, end) in enumerate(itertools.pairwise(bounds)):
            driver.process(placed[start:end], number, ends(placed[:end]))
        driver.close()
        return tables(dsn)

    undisturbed = drive("undisturbed", in_partitions(wanted), 1)
    assert len(undisturbed["markets"]) == PAIRS
    assert len(undisturbed["dead_letters"]) == MESSAGES // 1000
    assert len(undisturbed["market_candles_1m"]) == MESSAGES - MESSAGES // 1000
    through_the_bridge = drive("through_the_bridge", reader.arrived, 3)
    for table, rows in undisturbed.items():
        assert through_the_bridge[table] == rows, table


def test_alerts_go_back_to_pubsub_with_key_and_headers(worker, pubsub, cluster):
    _, subscriber = pubsub
    producer = KafkaProducer(**cluster.client("stream"), acks="all")
    headers = [("polled_at", b"2024-10-17T12:40:59.123Z"), ("schema_version", b"1")]
    for number in range(SINK_MESSAGES):
        value = json.dumps({"n": number}).encode()
        producer.send("coincap.alerts", value, f"alert-{number}".encode(), headers=headers)
    producer.flush(60)
    producer.close(5)
    path = subscriber.subscription_path(PROJECT, "coincap.alerts.readers")
    seen, deadline = {}, time.monotonic() + 120
    while len(seen) < SINK_MESSAGES and time.monotonic() < deadline:
        answer = subscriber.pull(request={"subscription": path, "max_messages": 200}, timeout=30)
        for received in answer.received_messages:
            message = received.message
            seen[json.loads(message.data)["n"]] = dict(message.attributes)
        if answer.received_messages:
            ids = [received.ack_id for received in answer.received_messages]
            subscriber.acknowledge(request={"subscription": path, "ack_ids": ids})
    assert set(seen) == set(range(SINK_MESSAGES)), worker.log()
    for number, found in seen.items():
        assert found["key"] == f"alert-{number}"
        assert found["polled_at"] == "2024-10-17T12:40:59.123Z", "the header's text is untouched"
        assert found["kafka.topic"] == "coincap.alerts"


def test_the_rate_at_which_a_backlog_comes_through(worker, pubsub, cluster):
    """Prints what ``tests/bench/run bridge_rate`` takes as its figure; any rate passes."""
    publisher, _ = pubsub
    topic = publisher.topic_path(PROJECT, "coincap.assets")
    backlog = [
        {**one, "value": one["value"].replace(b"asset-", f"asset-{part}-".encode())}
        for part in range(2)
        for one in sent()
    ]
    worker.kill()
    futures = [
        publisher.publish(topic, one["value"], key=one["key"], **one["headers"]) for one in backlog
    ]
    for future in futures:
        future.result(120)
    worker.start()
    reader = Reader(cluster, "coincap.assets", 2, backlog)
    reader.read_until(1, worker)
    before, began = len(reader.seen), time.monotonic()
    reader.read_until(len(backlog), worker)
    rate = (len(backlog) - before) / (time.monotonic() - began)
    reader.consumer.close()
    assert set(reader.seen) == set(range(len(backlog)))
    print(f"\nbridge={rate:.0f}")
