"""Plays a folder of captures through the pipeline: the demo's ``--replay DIR``."""

from collections.abc import Iterator
from pathlib import Path

import orjson

from coincap.contract import record_type
from ingest import replay
from ingest.budget import Budget
from ingest.lake import Lake
from ingest.landing import land
from ingest.ledger import Ledger
from ingest.publish import Publisher
from ingest.settings import Settings
from ingest.sweep import Worker, sweep
from ingest.tick import Tick
from ingest.wire import DEAD_LETTER_TOPIC, Provenance

HOUR_MS = 3_600_000


def play(
    folder: str | Path, settings: Settings, publisher: Publisher, lake: Lake
) -> Iterator[dict]:
    """Yield a summary per captured listing, in the order of their time, then per history.

    Raises ReplayUnreadable, naming the file, before anything is published.
    """
    answers = replay.captures(folder)
    histories = [(path, replay.history_rows(path)) for path in replay.histories(folder)]
    for tick, found in replay.ticks(answers):
        at_ms = found[-1].at_ms
        budget = Budget(Ledger(lake, None), at_ms, 0)
        worker = Worker(lake, budget, replay.ReplaySource(found), publisher, settings.lease_s)
        names = ", ".join(capture.path.name for capture in found)
        yield sweep(worker, tick, at_ms) | {"file": names}
        budget.settle()
    for path, assets in histories:
        yield _land_history(path, assets, publisher, lake)


def _land_history(path: Path, assets: dict, publisher: Publisher, lake: Lake) -> dict:
    times = [int(row["time"]) for rows in assets.values() for row, _ in rows if _has_time(row)]
    polled_at_ms = max(times, default=0) + HOUR_MS
    snapshot_id = Tick("history", polled_at_ms).snapshot_id
    origin = Provenance("history", snapshot_id, polled_at_ms, polled_at_ms, "v2")
    headers = origin.headers(record_type("dead_letter"))
    landed, refused = 0, 0
    for asset_id, rows in assets.items():
        texts = [text for _, text in rows]
        hours, letters = land(lake, origin, asset_id, [r for r, _ in rows], texts, path.name)
        landed, refused = landed + len(hours), refused + len(letters)
        for letter in letters:
            publisher.publish(
                DEAD_LETTER_TOPIC, letter["deadLetterId"], orjson.dumps(letter), headers
            )
    publisher.flush()
    return {
        "status": "done",
        "endpoint": "history",
        "snapshot_id": snapshot_id,
        "file": path.name,
        "assets": len(assets),
        "landed": landed,
        "dead_lettered": refused,
    }


def _has_time(row) -> bool:
    return isinstance(row, dict) and str(row.get("time", "")).isdecimal()
