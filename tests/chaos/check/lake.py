"""The lake's tables against Kafka, read through delta-rs and DuckDB."""

from collections import Counter
from pathlib import Path

import duckdb
from deltalake import DeltaTable

from chaos.check.log import Message
from chaos.check.verdict import Verdict

SILVER = {
    "coincap.assets": "assets",
    "coincap.rates": "rates",
    "coincap.exchanges": "exchanges",
    "coincap.markets": "markets",
    "coincap.polls": "polls",
}
"""Topics whose silver rows are identified by their message."""


def archived(lake: Path) -> int:
    """Return how many messages bronze holds, from its file statistics."""
    path = lake / "bronze"
    if not (path / "_delta_log").exists():
        return 0
    actions = DeltaTable(str(path)).get_add_actions(flatten=True)
    return sum(actions.column("num_records").to_pylist())


def check_bronze(lake: Path, messages: list[Message]) -> Verdict:
    """Every offset of Kafka stands in bronze once, with its bytes, key and provenance."""
    verdict = Verdict()
    columns = "topic, partition, \"offset\", key, md5(value), headers['snapshot_id']"
    stored = Counter(_select(lake / "bronze", columns))
    wanted = {
        (m.topic, m.partition, m.offset, m.key, m.md5, m.headers.get("snapshot_id"))
        for m in messages
    }
    verdict.compare("message in bronze", wanted, set(stored))
    extra = sum(stored.values()) - len(stored)
    verdict.add("duplicated", extra, f"offsets in bronze, most {stored.most_common(1)}")
    return verdict


def check_silver(lake: Path, accepted: Counter) -> Verdict:
    """Every good message's identity stands in silver once, whoever sent it how often."""
    verdict = Verdict()
    for topic, table in SILVER.items():
        path = lake / "silver" / table
        stored = Counter(_select(path, "topic, snapshot_id, message_key, value_md5"))
        wanted = {identity for identity in accepted if identity[0] == topic}
        verdict.compare(f"identity in silver.{table}", wanted, set(stored))
        extra = sum(stored.values()) - len(stored)
        verdict.add("duplicated", extra, f"identities in silver.{table}")
    letters = {identity[2] for identity in accepted if identity[0] == "coincap.dead-letter"}
    stored = Counter(_select(lake / "silver" / "dead_letters", "dead_letter_id"))
    verdict.compare("letter in silver", {(letter,) for letter in letters}, set(stored))
    verdict.add("duplicated", sum(stored.values()) - len(stored), "letters in silver")
    return verdict


def _select(table: Path, columns: str) -> list[tuple]:
    """Return columns of a Delta table's active files; partition columns come from the paths."""
    files = DeltaTable(str(table)).file_uris() if (table / "_delta_log").exists() else []
    if not files:
        return []
    with duckdb.connect() as db:
        query = f"select {columns} from read_parquet(?, hive_partitioning = true)"
        return db.execute(query, [files]).fetchall()
