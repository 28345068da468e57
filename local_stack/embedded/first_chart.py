"""How long a run took to its first chart, noted in the lake: the mart slo_ease_of_use reads it.

The batch of a run is over when its first chart is drawn, so the mart shows a run from the next
batch on: that of a kept stack, or of the next run in the same folder, which keeps the notes.
"""

import json
from datetime import UTC, datetime
from pathlib import Path

from embedded.places import RunFolder


def folder_of(folder: RunFolder) -> Path:
    """Return where the notes are: a JSON file for each run."""
    return folder.lake / "state" / "first_charts"


def note(folder: RunFolder, began: datetime, commands: int, seconds: float) -> Path:
    """Write what a run took: ``commands`` typed, ``seconds`` from its start to the chart."""
    moment = began.astimezone(UTC)
    record = {
        "began_at": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "commands": commands,
        "seconds": round(seconds, 1),
    }
    return _write(folder, f"{moment:%Y%m%dT%H%M%SZ}.json", json.dumps(record))


def earlier(folder: RunFolder) -> dict[str, str]:
    """Return the notes that stand in a folder, name to text."""
    return {file.name: file.read_text("utf-8") for file in folder_of(folder).glob("*.json")}


def keep(folder: RunFolder, notes: dict[str, str]) -> None:
    """Write earlier runs' notes again, into a folder that was emptied."""
    for name, text in notes.items():
        _write(folder, name, text)


def _write(folder: RunFolder, name: str, text: str) -> Path:
    file = folder_of(folder) / name
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    partial.write_text(text, "utf-8")
    return partial.replace(file)
