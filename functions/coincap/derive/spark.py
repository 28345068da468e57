"""Spark DDL of a record type: as it travels (text) and as it is stored (typed)."""

from coincap.contract import RecordType

STORED = {
    "identifier": "STRING",
    "text": "STRING",
    "decimal": "DECIMAL(38,18)",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
    "timestamp_ms": "TIMESTAMP",
    "json": "STRING",
}


def wire_ddl(record: RecordType) -> str:
    """Return the schema for ``from_json``: CoinCap's names, all text, so that no digit is lost."""
    return ", ".join(f"`{field.name}` STRING" for field in record.fields)


def stored_ddl(record: RecordType) -> str:
    """Return the schema of the typed rows: snake_case names and exact types."""
    return ", ".join(f"`{field.column}` {STORED[field.kind]}" for field in record.fields)
