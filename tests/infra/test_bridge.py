"""The released connector with the properties that Terraform renders, against a Pub/Sub server.

Everything on the way is real: broker with TLS, passwords and rights, Connect worker, connector.
Only Google's address leads to a Pub/Sub server in memory (tests/tools/pubsub_emulator).
"""

import json
import os
import shutil
import signal
import subprocess
import time
import zipfile
from pathlib import Path

import pytest
from google.cloud import pubsub_v1
from google_stand_in import GoogleStandIn
from infra_support import REPOSITORY, missing, resources
from java_tools import QUIET, class_path, connector_jar, java
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka_cluster import Cluster, free_port

pytestmark = pytest.mark.slow
PROJECT = "test-project"
MESSAGES = 10_000
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


class Reader:
    """Counts what has arrived in a topic."""

    def __init__(self, cluster: Cluster, topic: str, partitions: int):
        self.consumer = KafkaConsumer(**cluster.client("stream"), group_id=None)
        self.consumer.assign([TopicPartition(topic, number) for number in range(partitions)])
        self.consumer.seek_to_beginning()
        self.seen: dict[int, tuple] = {}
        self.total = 0
        self.partitions: set[int] = set()

    def read_until(self, count: int, worker: Worker, patience_s: float = 200) -> None:
        """Read until ``count`` different rows are there; fail where nothing comes any more."""
        last = time.monotonic()
        while len(self.seen) < count:
            assert worker.process.poll() is None, worker.log()
            waited = time.monotonic() - last
            assert waited < patience_s, f"stuck at {len(self.seen)} of {count}\n{worker.log()}"
            for messages in self.consumer.poll(1000).values():
                last = time.monotonic()
                for message in messages:
                    row = json.loads(message.value)
                    self.total += 1
                    self.partitions.add(message.partition)
                    self.seen[row["n"]] = (message.key, dict(message.headers))


def attributes(number: int) -> dict[str, str]:
    return {
        "key": f"binance|asset-{number % 700}|tether",
        "endpoint": "markets",
        "snapshot_id": "markets-20241017T124000Z",
        "polled_at": "2024-10-17T12:40:59.000Z",
        "envelope_at": "2024-10-17T12:40:58.000Z",
        "api_version": "v3",
        "schema_version": "1",
    }


def test_no_message_is_lost_when_the_worker_is_killed(worker, pubsub, cluster):
    publisher, _ = pubsub
    topic = publisher.topic_path(PROJECT, "coincap.markets")
    # Without ordering keys: the server in memory hands out one message per key at a time.
    sent = [
        publisher.publish(topic, json.dumps({"n": n, "symbol": "Ƀ"}).encode(), **attributes(n))
        for n in range(MESSAGES)
    ]
    for future in sent:
        future.result(120)
    reader = Reader(cluster, "coincap.markets", 4)
    reader.read_until(MESSAGES // 3, worker)
    worker.kill()
    worker.start()
    reader.read_until(MESSAGES, worker)

    assert set(reader.seen) == set(range(MESSAGES))
    assert len(reader.partitions) == 4, "the key decides the partition"
    for number, (key, headers) in reader.seen.items():
        expected = attributes(number)
        assert key.decode() == expected.pop("key")
        assert {name: value.decode() for name, value in headers.items()} == expected
    print(f"{reader.total - MESSAGES} duplicates of {MESSAGES} messages")


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
