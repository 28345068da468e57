"""Captured answers as a source: ``--replay DIR`` plays files in the order of their time.

Files: ``assets*.json rates*.json exchanges*.json markets*.json`` (envelopes), ``asset-*.json``
(``data`` is one asset) and ``history-*.ndjson.gz`` (one hourly row a line, with its id).
A poll's time is the envelope's.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from ingest.client import Call
from ingest.envelope import parse
from ingest.errors import IngestError, ReplayUnreadable, one_line
from ingest.source import Page
from ingest.tick import ENDPOINTS, Tick


@dataclass(frozen=True)
class Capture:
    """One captured answer: its file, endpoint and envelope's time (ms since 1970 UTC)."""

    path: Path
    endpoint: str
    at_ms: int
    api_version: str

    @property
    def tick(self) -> Tick:
        """The tick that the answer belongs to: the second of its envelope."""
        return Tick(self.endpoint, self.at_ms - self.at_ms % 1000)


def captures(folder: str | Path) -> list[Capture]:
    """Return a folder's captured answers in the order of their time.

    Raises ReplayUnreadable naming the file, or the folder where it holds none.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ReplayUnreadable(f"{folder}: no such folder to replay")
    found = [_capture(path, name) for name in ENDPOINTS for path in folder.glob(f"{name}*.json")]
    found += [_capture(path, "assets") for path in folder.glob("asset-*.json")]
    if not found and not histories(folder):
        names = ", ".join(f"{name}*.json" for name in ENDPOINTS)
        raise ReplayUnreadable(f"{folder}: nothing to replay; expected {names}")
    return sorted(found, key=lambda item: (*_tick_order(item), item.at_ms, item.path))


def ticks(found: list[Capture]) -> list[tuple[Tick, list[Capture]]]:
    """Return captures by tick: those of one endpoint and one second are pages of one listing."""
    return [(group[0].tick, group) for group in (list(g) for _, g in groupby(found, _tick_order))]


def _tick_order(capture: Capture) -> tuple[int, int]:
    return capture.tick.scheduled_ms, ENDPOINTS.index(capture.endpoint)


def histories(folder: str | Path) -> list[Path]:
    """Return a folder's captured histories."""
    return sorted(Path(folder).glob("history-*.ndjson.gz"))


def history_rows(path: Path) -> dict[str, list[tuple[dict, str]]]:
    """Return the rows of a captured history by asset, each with its text.

    A line that is no JSON object is kept under the id ``?``. Raises ReplayUnreadable.
    """
    try:
        lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ReplayUnreadable(f"{path}: cannot be read ({one_line(error)})") from None
    assets: dict[str, list] = {}
    for line in lines:
        try:
            row = parse(b'{"data":[' + line.encode() + b"]}").rows[0]
        except (IngestError, IndexError):
            row = line
        asset_id = row.get("id") if isinstance(row, dict) else None
        name = asset_id if isinstance(asset_id, str) and asset_id else "?"
        assets.setdefault(name, []).append((row, line))
    return assets


class ReplaySource:
    """The captured answers of one tick, as its pages."""

    def __init__(self, found: list[Capture]):
        self._captures = found
        self.api_version = found[0].api_version

    def pages(self, _tick: Tick, known: list[Page]) -> Iterator[Page]:
        """Yield the captured pages that the lake does not have yet."""
        for number, capture in enumerate(self._captures[len(known) :], len(known) + 1):
            body = capture.path.read_bytes()
            single = capture.path.name.startswith("asset-")
            call = Call(1, 200, None, len(body), capture.at_ms)
            envelope = parse(body, single)
            yield Page(number, capture.endpoint, body, capture.at_ms, [call], envelope, single)


def _capture(path: Path, endpoint: str) -> Capture:
    try:
        body = path.read_bytes()
        envelope = parse(body, single=path.name.startswith("asset-"))
    except OSError as error:
        raise ReplayUnreadable(f"{path}: cannot be read ({one_line(error.strerror)})") from None
    except IngestError as error:
        raise ReplayUnreadable(f"{path}: {error}") from None
    if envelope.envelope_at_ms is None:
        raise ReplayUnreadable(f"{path}: the envelope has no timestamp in ms")
    return Capture(path, endpoint, envelope.envelope_at_ms, _version(path, envelope.rows))


def _version(path: Path, rows: list) -> str:
    """Return v3 where the file's name or its rows show it, else v2."""
    first = json.dumps(rows[:1])
    return "v3" if "v3" in path.stem or '"tokens"' in first else "v2"
