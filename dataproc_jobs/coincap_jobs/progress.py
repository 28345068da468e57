"""One row per micro-batch: what operators and the health command look at."""

import json
from datetime import datetime

import psycopg

from coincap_jobs.kafka_source import Offsets
from coincap_jobs.merge import Merged


def record(
    cursor: psycopg.Cursor,
    query: str,
    batch_id: int,
    epoch: int,
    started: datetime,
    messages: int,
    merged: Merged,
    read_ms: float,
    merge_ms: float,
    end: Offsets,
) -> None:
    """Write the row of one batch (times in milliseconds); a repeated batch replaces it."""
    cursor.execute(
        "insert into market.stream_progress (query, batch_id, epoch, started_at, messages, "
        "new_samples, stale_polls, dead_letters, newest_polled_at, read_ms, merge_ms, "
        "end_offsets) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
        "on conflict (query, epoch, batch_id) do update set "
        "finished_at = now(), messages = excluded.messages, end_offsets = excluded.end_offsets",
        [
            query,
            batch_id,
            epoch,
            started,
            messages,
            merged.new_samples,
            merged.stale_polls,
            merged.dead_letters,
            merged.newest_polled_at,
            round(read_ms, 1),
            round(merge_ms, 1),
            json.dumps(end),
        ],
    )
