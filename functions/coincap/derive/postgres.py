"""PostgreSQL columns and comments of a record type."""

from coincap.contract import Field, RecordType

TYPES = {
    "identifier": "text",
    "text": "text",
    "decimal": "numeric(38,18)",
    "integer": "bigint",
    "boolean": "boolean",
    "timestamp_ms": "timestamptz",
    "json": "text",
}


def columns(record: RecordType) -> list[str]:
    """Return one column definition per field, keys not null, in the schema's order."""
    return [
        f"{field.column} {TYPES[field.kind]}" + (" not null" if field.name in record.key else "")
        for field in record.fields
    ]


def comments(record: RecordType, schema: str = "market") -> list[str]:
    """Return the COMMENT statements of the table and its columns."""
    table = f"{schema}.{record.table}"
    lines = [f"comment on table {table} is {literal(record.description)};"]
    lines += [
        f"comment on column {table}.{field.column} is {literal(_describe(field))};"
        for field in record.fields
    ]
    return lines


def literal(text: str) -> str:
    """Return text as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def _describe(field: Field) -> str:
    return f"{field.description} Unit: {field.unit}." if field.unit else field.description
