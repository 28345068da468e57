"""BigQuery schema of a record type, in the JSON form that Terraform and the bq tool read."""

from coincap.contract import RecordType

TYPES = {
    "identifier": "STRING",
    "text": "STRING",
    "decimal": "BIGNUMERIC",
    "integer": "INTEGER",
    "boolean": "BOOLEAN",
    "timestamp_ms": "TIMESTAMP",
    "json": "STRING",
}


def table_schema(record: RecordType) -> list[dict]:
    """Return the columns as BigQuery's JSON schema; decimals are BIGNUMERIC(38,18)."""
    return [_column(record, field) for field in record.fields]


def _column(record: RecordType, field) -> dict:
    column = {
        "name": field.column,
        "type": TYPES[field.kind],
        "mode": "REQUIRED" if field.name in record.key else "NULLABLE",
        "description": field.description,
    }
    if field.kind == "decimal":
        column |= {"precision": "38", "scale": "18"}
    return column
