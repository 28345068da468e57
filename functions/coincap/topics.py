"""The topics, read from ``topics.json``, which Terraform and compose read too."""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class Topic:
    """One topic on Kafka and Pub/Sub.

    ``route`` says which way the bridge carries it: ``to_kafka`` (the functions write it to
    Pub/Sub) or ``to_pubsub`` (the stream job writes it to Kafka). A topic has one route, so
    nothing can loop.
    """

    name: str
    description: str
    record: str
    key: tuple[str, ...]
    partitions: int
    kafka_retention_hours: int
    pubsub_retention_hours: int
    max_message_bytes: int
    route: str


@cache
def topics() -> dict[str, Topic]:
    """Return every topic by name, in the file's order."""
    text = (resources.files(__package__) / "topics.json").read_text("utf-8")
    content = json.loads(text)
    merged = {name: content["defaults"] | spec for name, spec in content["topics"].items()}
    return {
        name: Topic(name=name, **(spec | {"key": tuple(spec["key"])}))
        for name, spec in merged.items()
    }
