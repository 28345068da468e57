"""Rows and facts as messages: key, value, headers."""

import hashlib
from dataclasses import dataclass

import orjson

from coincap.contract import RecordType, record_type
from coincap.normalise import NumberText
from ingest.clock import iso

RAW_LIMIT = 65536
"""Bytes of a refused row that its dead letter carries; the whole row stays in the lake."""

DEAD_LETTER_TOPIC = record_type("dead_letter").topic or "coincap.dead-letter"
POLLS_TOPIC = record_type("poll").topic or "coincap.polls"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a row comes from; times in ms since 1970 UTC."""

    endpoint: str
    snapshot_id: str
    polled_at_ms: int
    envelope_at_ms: int | None
    api_version: str

    def headers(self, record: RecordType) -> dict[str, str]:
        """Return the headers that every message carries."""
        envelope_ms = self.polled_at_ms if self.envelope_at_ms is None else self.envelope_at_ms
        return {
            "endpoint": self.endpoint,
            "snapshot_id": self.snapshot_id,
            "polled_at": iso(self.polled_at_ms),
            "envelope_at": iso(envelope_ms),
            "api_version": self.api_version,
            "schema_version": str(record.version),
        }


def serialise(row: dict) -> bytes:
    """Return a checked row as UTF-8 JSON; numbers in unknown fields keep every digit."""
    try:
        return orjson.dumps(row, _number, orjson.OPT_PASSTHROUGH_SUBCLASS)
    except TypeError:
        # orjson refuses integers beyond 64 bits; an unknown field may hold one.
        return orjson.dumps(_wide_as_text(row), _number, orjson.OPT_PASSTHROUGH_SUBCLASS)


def _wide_as_text(value):
    """Return JSON content whose integers beyond 64 bits are number texts."""
    if isinstance(value, dict):
        return {name: _wide_as_text(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_wide_as_text(item) for item in value]
    wide = isinstance(value, int) and not -(2**63) <= value < 2**63
    return NumberText(value) if wide else value


def _number(value):
    if value.__class__ is NumberText:
        return str(value) if value.lstrip("-")[:1] in "NI" else orjson.Fragment(value.encode())
    if isinstance(value, int):
        return orjson.Fragment(str(value).encode())
    raise TypeError(f"cannot write a {type(value).__name__}")


def dead_letter(
    origin: Provenance, page: int, row: int, raw: str, topic: str, refused, location: str
) -> dict:
    """Return the dead letter of one refused row (``row`` from 0) in its wire form."""
    content = raw.encode("utf-8", "replace")
    identity = f"function|{origin.snapshot_id}|{page}|{row}|".encode() + content
    return {
        "deadLetterId": hashlib.sha256(identity).hexdigest(),
        "source": "function",
        "sourceTopic": topic,
        "sourcePartition": None,
        "sourceOffset": None,
        "endpoint": origin.endpoint,
        "snapshotId": origin.snapshot_id,
        "polledAt": origin.polled_at_ms,
        "apiVersion": origin.api_version,
        "reason": refused.reason,
        "field": refused.field,
        "key": refused.key,
        "raw": content[:RAW_LIMIT].decode("utf-8", "ignore"),
        "rawBytes": str(len(content)),
        "rawSha256": hashlib.sha256(content).hexdigest(),
        "rawLocation": f"{location}#{row}",
    }
