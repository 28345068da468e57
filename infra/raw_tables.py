"""Write modules/warehouse/tables.json: dataset raw, derived from the contract.

``python infra/raw_tables.py`` rewrites the file; ``--check`` exits 1 where it is out of date.
Columns keep the contract's order, which Terraform's own jsondecode would lose.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
TARGET = ROOT / "modules" / "warehouse" / "tables.json"

RECORDS = ("market", "asset", "rate", "exchange", "poll", "dead_letter", "history")
PROVENANCE = (
    ("snapshot_id", "STRING", "The tick that the row belongs to."),
    ("polled_at", "TIMESTAMP", "When the row was received from CoinCap."),
    ("envelope_at", "TIMESTAMP", "timestamp of CoinCap's envelope."),
    ("api_version", "STRING", "v2 or v3."),
    ("value_md5", "STRING", "MD5 of the message."),
    ("topic", "STRING", "Kafka topic that brought the row."),
    ("topic_id", "STRING", "Kafka's id of the topic."),
    ("partition", "INTEGER", "Partition of the topic."),
    ("offset", "INTEGER", "Offset in the partition; provenance, never an order."),
    ("arrived_at", "TIMESTAMP", "When Kafka took the message."),
    ("message_key", "STRING", "Key of the message: the row's identity."),
    ("message_text", "STRING", "The message as it came."),
)
"""Columns that silver has beside the record's own: name, BigQuery type, description."""

DISTRUST = ("distrust", "STRING", "Why the market may not price its asset; null: it may.")


def tables() -> dict[str, dict]:
    """Return the tables of dataset raw by name: description, columns, partition, clusters."""
    from coincap.contract import record_type

    return {record_type(name).table: _table(record_type(name)) for name in RECORDS}


def _table(record) -> dict:
    from coincap.derive.bigquery import table_schema

    # Load jobs refuse Parquet's nullable columns where a table says REQUIRED.
    own = [{**column, "mode": "NULLABLE"} for column in table_schema(record)]
    names = {column["name"] for column in own}
    extra = ((DISTRUST,) if record.name == "market" else ()) + PROVENANCE
    added = [
        {"name": name, "type": kind, "mode": "NULLABLE", "description": text}
        for name, kind, text in extra
        if name not in names
    ]
    partition = {"history": "time", "dead_letter": "arrived_at"}.get(record.name, "polled_at")
    return {
        "description": record.description,
        "partition": partition,
        "clustering": list(record.key_columns[:4]),
        "require_partition_filter": record.name in ("market", "poll"),
        "schema": own + added,
    }


def main(argv: list[str]) -> int:
    """Write or check the file; return the exit code."""
    sys.path.insert(0, str(ROOT.parent / "functions"))
    text = json.dumps(tables(), indent=1, ensure_ascii=False) + "\n"
    if argv == ["--check"]:
        if TARGET.read_text("utf-8") == text:
            return 0
        print(f"{TARGET.name} differs from the contract: run python infra/raw_tables.py")
        return 1
    TARGET.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
