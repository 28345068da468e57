"""One row per micro-batch: what operators and the health command look at."""

import json
from datetime import datetime

import psycopg

from coincap_jobs.kafka_source import Offsets
from coincap_jobs.merge import Merged

_RECORD = """
insert into market.stream_progress as p (
    query, batch_id, epoch, started_at, messages, new_samples, stale_polls, dead_letters,
    newest_polled_at, read_ms, merge_ms, end_offsets, finished_at, batch_ms, rows_per_s
)
select
    given.*, clock.finished_at, clock.seconds * 1000,
    given.messages / nullif(clock.seconds, 0)
from (
    values (
        %s, %s::bigint, %s::bigint, %s::timestamptz, %s::bigint, %s::bigint, %s::bigint,
        %s::bigint, %s::timestamptz, %s::numeric, %s::numeric, %s::jsonb
    )
) as given (
    query, batch_id, epoch, started_at, messages, new_samples, stale_polls, dead_letters,
    newest_polled_at, read_ms, merge_ms, end_offsets
),
lateral (
    select finished_at, extract(epoch from finished_at - given.started_at) as seconds
    from clock_timestamp() as finished_at
) as clock
on conflict (query, epoch, batch_id) do update set
    started_at = excluded.started_at, finished_at = excluded.finished_at,
    messages = excluded.messages, batch_ms = excluded.batch_ms,
    rows_per_s = excluded.rows_per_s, end_offsets = excluded.end_offsets
"""


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
    """Write the row of one batch (times in milliseconds); a repeated batch replaces it.

    Called as the batch's last step: its whole time and its rows per second end here.
    """
    cursor.execute(
        _RECORD,
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
