"""The bridge as compose runs it, on this machine: Pub/Sub to Kafka and back, its healthcheck.

Google's emulator cannot be had here; its place takes Google's own server in memory, pstest.
"""

import json
import os
import shutil
import subprocess
import sys
import time

import pytest
from kafka import KafkaConsumer, KafkaProducer
from stack_files import IMAGES, ROOT, STACK, healthy, missing

pytestmark = pytest.mark.slow
PROJECT = "coincap-local"
KAFKA = (
    "org.apache.kafka:kafka_2.13:4.1.0+org.apache.kafka:connect-runtime:4.1.0"
    "+org.slf4j:slf4j-simple:1.7.36"
)
PATHS = os.pathsep.join(
    map(str, (STACK, ROOT / "functions", IMAGES, IMAGES / "bridge", ROOT / "tests" / "compose"))
)


@pytest.fixture(scope="module")
def emulator(supervisor):
    """Host and port of a Pub/Sub server with the topics that compose makes."""
    if shutil.which("go") is None:
        missing("go", "install it; it builds the Pub/Sub server")
    from embedded.processes import free_port

    program, port = supervisor.folder.root / "pubsub", str(free_port())
    source = ROOT / "tests" / "tools" / "pubsub_emulator"
    subprocess.run(["go", "build", "-o", program, "."], cwd=source, check=True)
    component = supervisor.start("pubsub", [str(program), port])
    supervisor.wait_ready(component, lambda: "listening" in component.log.read_text())
    address = f"127.0.0.1:{port}"
    script = [sys.executable, str(IMAGES / "pubsub.py")]
    env = {**os.environ, "PYTHONPATH": PATHS, "COINCAP_PROJECT": PROJECT}
    for _ in range(2):  # what is there already is left alone
        done = subprocess.run(
            script, env={**env, "PUBSUB_EMULATOR_HOST": address}, capture_output=True, text=True
        )
        assert (done.returncode, done.stdout) == (0, "8 topics are there\n"), done.stderr
    return address


@pytest.fixture(scope="module")
def bootstrap(supervisor):
    from embedded.kafka import start_kafka

    return start_kafka(supervisor)[1]


@pytest.fixture(scope="module")
def rest_port(supervisor, services, emulator, bootstrap):
    """The port of the worker's REST pages, when all connectors run."""
    import jgo
    from jars import CONNECTOR

    if not (shutil.which("java") and shutil.which("keytool")):
        missing("java with keytool", "install a JDK; the image has one")
    from embedded.processes import free_port

    root = supervisor.folder.root
    (root / "state").mkdir()
    plugins = root / "plugins" / "pubsub"
    plugins.mkdir(parents=True)
    for jar in jgo.build(CONNECTOR).all_jars:
        if jar.name.startswith(CONNECTOR.split(":")[1]):
            (plugins / jar.name).symlink_to(jar)
    ports = [free_port() for _ in range(4)]
    here = {
        "templates": str(ROOT / "infra/modules/bridge/templates"),
        "plugins": str(plugins.parent),
        "class_path": os.pathsep.join(str(jar) for jar in jgo.build(KAFKA).all_jars),
        "java": shutil.which("java"),
        "rest_port": ports[0],
        "ports": ports[1:],
    }
    env = {"PYTHONPATH": PATHS, "COINCAP_PROJECT": PROJECT, "COINCAP_KAFKA_BOOTSTRAP": bootstrap,
           "PUBSUB_EMULATOR_HOST": emulator}  # fmt: skip
    program = str(ROOT / "tests" / "compose" / "bridge_here.py")
    command = [sys.executable, program, str(root / "state"), json.dumps(here)]
    component = supervisor.start("connect", command, env=env)
    live = str(ports[0])
    supervisor.wait_ready(component, lambda: healthy(services["connect"], "8083", live), 150)
    return live


def test_the_healthcheck_of_the_topics_holds_while_they_are_there(services, emulator):
    python, *words = services["pubsub-topics"]["healthcheck"]["test"][1:]
    assert python == "python"

    def code(project: str, address: str) -> int:
        env = {**os.environ, "PYTHONPATH": PATHS, "COINCAP_PROJECT": project,
               "PUBSUB_EMULATOR_HOST": address}  # fmt: skip
        command = [sys.executable, *words]
        return subprocess.run(command, cwd=IMAGES, env=env, capture_output=True).returncode

    assert code(PROJECT, emulator) == 0
    assert code("another", emulator) == 1
    assert code(PROJECT, "127.0.0.1:1") != 0


def test_the_healthcheck_of_connect_sees_a_connector_that_stands_still(services, rest_port):
    from urllib.request import Request, urlopen

    pages = f"http://127.0.0.1:{rest_port}/connectors"
    name = json.load(urlopen(pages, timeout=10))[0]

    def turn(word: str, wanted: bool) -> bool:
        urlopen(Request(f"{pages}/{name}/{word}", method="PUT"), timeout=10).read()
        return until(lambda: healthy(services["connect"], "8083", rest_port) is wanted)

    assert not healthy(services["connect"], "8083", "1")
    assert turn("pause", False)
    assert turn("resume", True)


def test_a_message_goes_to_kafka_and_an_alert_back(rest_port, emulator, bootstrap, monkeypatch):
    from google.cloud import pubsub_v1

    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", emulator)
    publisher, subscriber = pubsub_v1.PublisherClient(), pubsub_v1.SubscriberClient()
    topic = publisher.topic_path(PROJECT, "coincap.rates")
    publisher.publish(topic, b'{"id":"x"}', key="x", snapshot_id="rates-1").result(30)
    consumer = KafkaConsumer(
        "coincap.rates", bootstrap_servers=bootstrap, auto_offset_reset="earliest",
        consumer_timeout_ms=60_000,
    )  # fmt: skip
    message = next(iter(consumer))
    consumer.close()
    assert (message.key, message.value) == (b"x", b'{"id":"x"}')
    assert dict(message.headers)["snapshot_id"] == b"rates-1"

    alerts = subscriber.subscription_path(PROJECT, "test")
    path = publisher.topic_path(PROJECT, "coincap.alerts")
    subscriber.create_subscription(request={"name": alerts, "topic": path})
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    producer.send("coincap.alerts", b'{"alertId":"a"}', b"a")
    producer.flush()
    got = []
    assert until(
        lambda: (
            got.extend(
                subscriber.pull(
                    request={"subscription": alerts, "max_messages": 1}, timeout=10
                ).received_messages
            )
            or got
        )
    )
    producer.close()
    assert got[0].message.data == b'{"alertId":"a"}'
    assert got[0].message.attributes["key"] == "a"


def until(holds, seconds: float = 90) -> bool:
    """Return whether something came to hold in time; an error counts as not yet."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if holds():
                return True
        except Exception:
            pass
        time.sleep(1)
    return False
