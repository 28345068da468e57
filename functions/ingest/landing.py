"""CoinCap's history as checked rows in the lake, where the batch picks it up."""

import gzip

from coincap.check import check_rows
from coincap.contract import record_type
from ingest.clock import iso
from ingest.lake import Lake
from ingest.wire import Provenance, dead_letter, serialise


def land(
    lake: Lake,
    origin: Provenance,
    asset_id: str,
    rows: list[dict],
    texts: list[str],
    location: str,
) -> tuple[list[int], list[dict]]:
    """Check one asset's hourly rows and land them; return the hours (ms), and the dead letters.

    One JSON object a line: record type history plus ``_polled_at`` and ``_snapshot_id``;
    each hour once. ``texts`` are the rows as received.
    """
    checked = check_rows(
        record_type("history"),
        [{"id": asset_id, **row} if isinstance(row, dict) else row for row in rows],
        origin.polled_at_ms,
    )
    added = {"_polled_at": iso(origin.polled_at_ms), "_snapshot_id": origin.snapshot_id}
    hours = {row["time"]: row | added for _, row in reversed(checked.accepted)}
    if hours:
        lines = b"".join(serialise(hours[time]) + b"\n" for time in sorted(hours))
        name = f"landing/history/{origin.snapshot_id}/{asset_id}.ndjson.gz"
        lake.put(name, gzip.compress(lines, 6, mtime=0))
    letters = [
        dead_letter(origin, 1, bad.row, texts[bad.row], "history", bad, location)
        for bad in checked.refused
    ]
    return sorted(map(int, hours)), letters
