"""How long a drain took: from the first batch's start to the end of the last merge, once."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parent))
from drain import span

from coincap_jobs import progress
from coincap_jobs.merge import Merged

START = datetime(2024, 10, 17, 12, tzinfo=UTC)


def test_the_last_merge_is_counted_once(postgres):
    with psycopg.connect(postgres.dsn) as connection:
        for batch, seconds in enumerate((0, 6)):
            started = START + timedelta(seconds=seconds)
            progress.record(
                connection.cursor(), "serve", batch, 1, started, 500, Merged(), 100.0, 4000.0, {}
            )
            connection.execute(
                "update market.stream_progress set finished_at = %s where batch_id = %s",
                [started + timedelta(seconds=5), batch],
            )
        assert span(connection) == (START.timestamp(), START.timestamp() + 11, 1000)


def test_a_batchs_end_is_after_its_merge(postgres):
    """finished_at is the clock, not the start of the merge's transaction."""
    with psycopg.connect(postgres.dsn) as connection:
        began = connection.execute("select now() from pg_sleep(0.05)").fetchone()[0]
        progress.record(connection.cursor(), "serve", 0, 1, began, 1, Merged(), 1.0, 50.0, {})
        _, last, _ = span(connection)
    assert last - began.timestamp() >= 0.05
