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
SOURCE_FILE = ("source_file", "STRING", "File of the landing zone that brought the row.")
NOT_IN_HISTORY = {"envelope_at", "api_version", "topic", "topic_id", "partition", "offset",
                  "arrived_at", "message_key", "message_text"}  # fmt: skip
"""What Kafka and the headers give: history reaches the lake as files."""
FOLDER = "date"
"""The lake's partition column: in the folders' names, so the load leaves it out."""


def tables() -> dict[str, dict]:
    """Return the tables of dataset raw by name: description, columns, partition, clusters.

    All as the lake has them and composer_dags/coincap_dags/load.py would create them.
    """
    from coincap.contract import record_type

    return {record_type(name).table: _table(record_type(name)) for name in RECORDS}


def _table(record) -> dict:
    from coincap.derive.bigquery import table_schema
    from coincap_batch.tables import HISTORY, SILVER

    # Load jobs refuse Parquet's nullable columns where a table says REQUIRED.
    columns = [column for column in table_schema(record) if column["name"] != FOLDER]
    own = [{**column, "mode": "NULLABLE"} for column in columns]
    names = {column["name"] for column in own}
    lake = SILVER.get(record.name, HISTORY)
    added = [
        {"name": name, "type": kind, "mode": "NULLABLE", "description": text}
        for name, kind, text in _extra(record.name)
        if name not in names
    ]
    return {
        "description": record.description,
        "partition": lake.time,
        "clustering": list(lake.cluster),
        "require_partition_filter": record.name in ("market", "poll"),
        "schema": own + added,
    }


def _extra(name: str) -> tuple[tuple[str, str, str], ...]:
    if name == "history":
        return (*(c for c in PROVENANCE if c[0] not in NOT_IN_HISTORY), SOURCE_FILE)
    return ((DISTRUST,) if name == "market" else ()) + PROVENANCE


def main(argv: list[str]) -> int:
    """Write or check the file; return the exit code."""
    sys.path[:0] = [str(ROOT.parent / name) for name in ("functions", "dataproc_jobs")]
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
