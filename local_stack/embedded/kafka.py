"""A Kafka broker in KRaft mode: jars from Maven Central, settings from Terraform's template."""

import base64
import os
import shutil
import subprocess
import uuid
from pathlib import Path
from string import Template

from kafka import KafkaAdminClient
from kafka.admin import NewTopic

from coincap.topics import Topic, topics
from embedded.errors import StackError
from embedded.java import java, kafka_jars
from embedded.processes import Component, Supervisor, free_port

_JAVA_OPTIONS = ("-Xmx256m", "-XX:+UseSerialGC")
_OVERRIDE = "log.cleaner.dedupe.buffer.size=16777216"
"""The cleaner's buffer is 128 MiB by default, for compacted topics; ours are not."""
TEMPLATE = Path(__file__).parents[2] / "infra/modules/kafka/templates/server.properties.tftpl"
"""The brokers' settings on Google Cloud; those of TLS and passwords are in another file."""


def start_kafka(supervisor: Supervisor) -> tuple[Component, str]:
    """Start a broker with the project's topics; return it and its bootstrap address."""
    folder = supervisor.folder.root / "kafka"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    port, controller = free_port(), free_port()
    file = folder / "server.properties"
    file.write_text(server_properties(port, controller, str(folder / "data")), "utf-8")
    class_path = os.pathsep.join(str(jar) for jar in kafka_jars())
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
    program = [java(), *_JAVA_OPTIONS, quiet, "-cp", class_path]
    done = subprocess.run(
        [
            *program,
            "kafka.tools.StorageTool",
            "format",
            f"--cluster-id={cluster}",
            f"--config={file}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()
        raise StackError(f"Kafka cannot format {folder}: {lines[-1]}")
    command = [*program, "kafka.Kafka", str(file), "--override", _OVERRIDE]
    component = supervisor.start("kafka", command, address=f"127.0.0.1:{port}")
    bootstrap = f"127.0.0.1:{port}"
    supervisor.wait_ready(component, lambda: create_topics(bootstrap))
    return component, bootstrap


def server_properties(port: int, controller: int, data: str) -> str:
    """Return Terraform's own server.properties, filled in for one broker on loopback."""
    return Template(TEMPLATE.read_text("utf-8")).substitute(
        node_id=1,
        quorum_voters=f"1@127.0.0.1:{controller}",
        listeners=f"INTERNAL://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        advertised_listeners=f"INTERNAL://127.0.0.1:{port}",
        protocol_map="INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
        log_dir=data,
        replication_factor=1,
        min_insync_replicas=1,
        max_message_bytes=max(topic.max_message_bytes for topic in topics().values()),
    )


def create_topics(bootstrap: str) -> bool:
    """Create the topics of topics.json that are missing; return True."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5000)
    try:
        there = set(admin.list_topics())
        missing = [_new_topic(topic) for topic in topics().values() if topic.name not in there]
        if missing:
            admin.create_topics(missing)
    finally:
        admin.close()
    return True


def _new_topic(topic: Topic) -> NewTopic:
    return NewTopic(
        name=topic.name,
        num_partitions=topic.partitions,
        replication_factor=1,
        topic_configs={
            "retention.ms": str(topic.kafka_retention_hours * 3_600_000),
            "max.message.bytes": str(topic.max_message_bytes),
        },
    )
