"""Record types, read from the JSON Schemas in ``schemas/``.

Everything that needs a field list (the checks, Spark, PostgreSQL, BigQuery, the
docs) asks this module; no field list is written anywhere else.
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

RECORD_NAMES = ("asset", "rate", "exchange", "market", "history", "poll", "alert", "dead_letter")
"""Every record type; the first five come from CoinCap, the others are ours."""

PROVENANCE_HEADERS = (
    "endpoint",
    "snapshot_id",
    "polled_at",
    "envelope_at",
    "api_version",
    "schema_version",
)
"""Headers (Kafka) or attributes (Pub/Sub) that each message carries.

``polled_at`` and ``envelope_at`` are ISO 8601 UTC texts with milliseconds;
``envelope_at`` is the ``timestamp`` of CoinCap's envelope, which dates an asset's
price (the row itself has no time).
"""


@dataclass(frozen=True)
class Field:
    """One field of a record type.

    ``name`` is CoinCap's spelling, ``column`` the same name in snake_case, ``kind``
    one of identifier, text, decimal, integer, boolean, timestamp_ms, json.
    """

    name: str
    column: str
    kind: str
    json_types: tuple[str, ...]
    required: bool
    nullable: bool
    minimum: int | None
    max_length: int | None
    enum: tuple[str, ...] | None
    unit: str | None
    description: str


@dataclass(frozen=True)
class Rule:
    """What happens to a row in one case: accept, normalise or dead_letter."""

    case: str
    action: str
    reason: str
    why: str


@dataclass(frozen=True)
class RecordType:
    """One record type: its fields, identity, topic and table."""

    name: str
    version: int
    description: str
    endpoint: str | None
    topic: str | None
    table: str
    key: tuple[str, ...]
    event_time: str | None
    fields: tuple[Field, ...]
    rules: tuple[Rule, ...]

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The identity as column names, in key order."""
        return tuple(snake_case(name) for name in self.key)

    def field(self, name: str) -> Field:
        """Return the field of that CoinCap name; raise KeyError where there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(f"record type {self.name} has no field {name}")

    def identity(self, row: dict) -> tuple:
        """Return the values that tell a row from every other of its type, in key order."""
        return tuple(row[name] for name in self.key)

    def message_key(self, row: dict) -> str:
        """Return the message key of a row: its identity, joined by ``|``.

        It places and orders messages; two rows may share it, for ids may contain the ``|``.
        """
        return "|".join(str(value) for value in self.identity(row))


def snake_case(name: str) -> str:
    """Return CoinCap's camelCase name as a column name: volumeUsd24Hr is volume_usd_24hr."""
    return re.sub(r"(?<=[a-z])(?=[A-Z0-9])", "_", name).lower()


def _field(name: str, spec: dict, required: bool) -> Field:
    types = spec["type"] if isinstance(spec["type"], list) else [spec["type"]]
    return Field(
        name=name,
        column=snake_case(name),
        kind=spec["x-kind"],
        json_types=tuple(types),
        required=required,
        nullable="null" in types or not required,
        minimum=spec.get("minimum"),
        max_length=spec.get("maxLength"),
        enum=tuple(spec["enum"]) if "enum" in spec else None,
        unit=spec.get("x-unit"),
        description=spec["description"],
    )


@cache
def schema(name: str) -> dict:
    """Return the JSON Schema of a record type as it stands in its file."""
    path = resources.files(__package__) / "schemas" / f"{name}.json"
    return json.loads(path.read_text("utf-8"))


@cache
def record_type(name: str) -> RecordType:
    """Return one record type by name, for example ``market``.

    Raises FileNotFoundError where no schema of that name exists.
    """
    spec = schema(name)
    required = set(spec["required"])
    return RecordType(
        name=name,
        version=spec["x-version"],
        description=spec["description"],
        endpoint=spec["x-endpoint"],
        topic=spec["x-topic"],
        table=spec["x-table"],
        key=tuple(spec["x-key"]),
        event_time=spec["x-event-time"],
        fields=tuple(_field(n, s, n in required) for n, s in spec["properties"].items()),
        rules=tuple(Rule(**rule) for rule in spec["x-rules"]),
    )


def record_types() -> tuple[RecordType, ...]:
    """Return every record type, CoinCap's first."""
    return tuple(record_type(name) for name in RECORD_NAMES)


@cache
def record_of_endpoint(endpoint: str) -> RecordType:
    """Return the record type that an endpoint (``markets``) sends; raise KeyError for another."""
    for record in record_types():
        if record.endpoint == endpoint:
            return record
    raise KeyError(f"no record type comes from endpoint {endpoint}")
