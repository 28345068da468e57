"""What a message of coincap.markets takes on disk, from the data folder of a finished demo."""

from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable

from coincap_batch.tables import SILVER
from coincap_jobs.archive import bronze_path
from embedded.places import RunFolder

TOPIC = "coincap.markets"


def measured(folder: Path) -> dict[str, float]:
    """Return the bytes of a message in Kafka's log and in each layer of the lake.

    Files that are active count, old versions of a table do not; bronze is what archive and
    housekeeping have left of it. Raises SystemExit where the folder is no demo's.
    """
    run = RunFolder(folder)
    if not (run.lake / "raw/markets").is_dir():
        raise SystemExit(f"error: {folder} holds no demo: name the --data-dir of one that is done")
    bronze = [f for f in _files(bronze_path(str(run.lake))) if f["partition.topic"] == TOPIC]
    silver = _files(SILVER["market"].path(str(run.lake)))
    messages = sum(file["num_records"] for file in bronze)
    logs = folder.glob(f"kafka/data/{TOPIC}-[0-9]*/*.log")
    pages = (p for p in (run.lake / "raw/markets").rglob("*") if p.is_file())
    found = {
        "kafka": sum(p.stat().st_size for p in logs) / messages,
        "raw": sum(p.stat().st_size for p in pages) / messages,
        "bronze": sum(f["size_bytes"] for f in bronze) / messages,
        "silver": sum(f["size_bytes"] for f in silver) / sum(f["num_records"] for f in silver),
    }
    lake = found["raw"] + found["bronze"] + found["silver"]
    return {"messages": messages, **found, "lake": lake}


def _files(table: str) -> list[dict]:
    return pa.table(DeltaTable(table).get_add_actions(flatten=True)).to_pylist()
