"""What is past its time goes, measured from the newest poll and not from the clock."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from coincap_jobs.errors import JobError
from coincap_jobs.retention import drop_expired

DAY = timedelta(days=1)
NEWEST = datetime(2024, 10, 17, 12, tzinfo=UTC)


@pytest.fixture
def db(postgres):
    """A database with a year of daily partitions before the newest poll, as a writer sees it."""
    with psycopg.connect(postgres.dsn, autocommit=True) as connection:
        for parent in ("market_ticks", "asset_ticks", "market_candles_1m", "asset_candles_1m"):
            for age in (0, 1, 2, 3, 4, 40, 88, 89, 90, 91, 365):
                day = (NEWEST - age * DAY).date()
                connection.execute("select market.ensure_partition(%s, %s)", [parent, day])
        connection.execute(
            "insert into market.stream_watermarks values ('coincap.markets', %s), "
            "('coincap.assets', %s)", [NEWEST, NEWEST],
        )  # fmt: skip
        connection.execute("set role market_writer")
        yield connection


def ages(db, parent):
    """The ages in days of the partitions that are left."""
    rows = db.execute(
        "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid "
        "where i.inhparent = ('market.' || %s)::regclass",
        [parent],
    )
    days = [datetime.strptime(name[-8:], "%Y%m%d").replace(tzinfo=UTC) for (name,) in rows]
    return sorted((NEWEST.replace(hour=0) - day).days for day in days)


def expire(db, *arguments):
    names = ", ".join(f"{name} => {value!r}" for name, value in arguments)
    return dict(db.execute(f"select * from market.drop_expired({names})").fetchall())


def test_samples_live_two_days_and_candles_ninety(db):
    dropped = expire(db)
    assert dropped == {
        "market_ticks": 8, "asset_ticks": 8, "market_candles_1m": 2, "asset_candles_1m": 2,
        "market_candles_1h": 0, "asset_candles_1h": 0, "stream_progress": 0,
    }  # fmt: skip
    # The newest poll is of noon, so the whole days 0 to 2 hold what is younger than two days.
    assert ages(db, "market_ticks") == [0, 1, 2]
    assert ages(db, "asset_candles_1m") == [0, 1, 2, 3, 4, 40, 88, 89, 90]
    assert set(expire(db).values()) == {0}


def test_samples_live_as_long_as_the_stream_remembers_them(db):
    db.execute("update market.stream_owner set tick_window = '80 hours'")
    expire(db, ("samples_kept", "1 hour"))
    assert ages(db, "market_ticks") == [0, 1, 2, 3]
    assert ages(db, "market_candles_1m")[-1] == 90


def test_nothing_goes_where_nothing_was_polled(db):
    db.execute("delete from market.stream_watermarks")
    assert set(expire(db).values()) == {0}


def test_a_poll_of_the_future_does_not_empty_the_tables(db):
    db.execute("update market.stream_watermarks set newest_polled_at = '9999-01-01'")
    now = datetime.now(UTC)
    db.execute("select market.ensure_partition('market_ticks', %s)", [now.date()])
    expire(db)
    assert len(ages(db, "market_ticks")) == 1


def test_old_progress_goes(db):
    db.execute(
        "insert into market.stream_progress (query, batch_id, epoch, started_at, finished_at, "
        "messages) select 'serve', n, 1, now(), now() - n * interval '1 day', 0 "
        "from generate_series(1, 10) as n"
    )
    assert expire(db)["stream_progress"] == 4
    assert expire(db, ("progress_kept", "2 days"))["stream_progress"] == 5


def test_housekeeping_says_what_it_dropped(db, postgres):
    assert drop_expired(postgres.dsn, 30) == [
        "market_ticks: 8 partitions dropped", "market_candles_1m: 6 partitions dropped",
        "market_candles_1h: 0 rows dropped",
        "asset_ticks: 8 partitions dropped", "asset_candles_1m: 6 partitions dropped",
        "asset_candles_1h: 0 rows dropped",
        "stream_progress: 0 rows dropped",
    ]  # fmt: skip
    with pytest.raises(JobError, match="out of reach"):
        drop_expired("host=127.0.0.1 port=1 dbname=none", 30)


def test_a_reader_drops_nothing(postgres):
    with psycopg.connect(postgres.dsn, autocommit=True) as db:
        db.execute("set role market_reader")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.execute("select * from market.drop_expired()")
