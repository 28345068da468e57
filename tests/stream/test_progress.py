"""What the stream writes about itself: batch times, rates, lag per topic."""

from datetime import UTC, datetime, timedelta

import psycopg
from harness import Ends

from coincap_jobs import progress
from coincap_jobs.database import connect
from coincap_jobs.lag import Watch
from coincap_jobs.merge import Merged

TOPIC = "coincap.markets"


def test_a_batch_has_its_whole_time_and_its_rate(postgres):
    started = datetime.now(UTC) - timedelta(seconds=10)
    with connect(postgres.dsn, "test") as connection:
        progress.record(connection.cursor(), "serve", 3, 1, started, 500, Merged(), 9000, 900, {})
        query = "select batch_ms, rows_per_s, merge_ms, finished_at from market.stream_progress"
        batch_ms, rows_per_s, merge_ms, finished = connection.execute(query).fetchone()
    assert batch_ms >= 10_000
    assert abs(float(rows_per_s) - 500 / float(batch_ms) * 1000) < 1
    assert merge_ms == 900
    assert finished - started >= timedelta(seconds=10)


def test_lag_is_written_per_query_and_topic_and_with_the_newest_batch(postgres):
    kafka, done = Ends({TOPIC: {0: 10, 1: 5}}), {TOPIC: {0: 10, 1: 5}}
    newest = {TOPIC: datetime.now(UTC) - timedelta(hours=2)}
    queries = {"serve": lambda _: (done, newest), "archive": lambda _: ({}, {})}
    watch = Watch(kafka, {TOPIC: {0: 4, 1: 5}}, 1, queries)
    with connect(postgres.dsn, "test") as side:
        for number in (1, 2):
            args = ("serve", number, 1, datetime.now(UTC), 5, Merged(), 1, 1, {})
            progress.record(side.cursor(), *args)
        side.commit()
        watch.measure(side)
        kafka.ends, done = {TOPIC: {0: 14, 1: 5}}, {TOPIC: {0: 12, 1: 5}}
        beat = watch.measure(side)
        assert set(beat.batches) == {"serve"}
    with psycopg.connect(postgres.dsn) as reader:
        reader.execute("set role market_reader")
        lags = reader.execute(
            "select query, topic, lag_offsets, lag_s < 600, rows_per_s > 0 "
            "from market.v1_stream_lag order by query"
        ).fetchall()
        batches = reader.execute(
            "select batch_id, lag_offsets from market.stream_progress order by batch_id"
        ).fetchall()
    # Caught up a moment ago: two hours old events do not make the stream two hours late.
    assert lags == [("archive", TOPIC, 10, None, False), ("serve", TOPIC, 2, True, True)]
    assert batches == [(1, None), (2, 2)]


def test_a_broker_that_is_away_is_no_measurement_and_no_failure(postgres, caplog):
    from py4j.protocol import Py4JError

    class Away(Ends):
        def offsets(self, _partitions, _at):
            raise Py4JError("TimeoutException: no answer\nat somewhere")

    watch = Watch(Away(), {TOPIC: {0: 0}}, 1, {})
    with connect(postgres.dsn, "test") as side:
        assert watch.measure(side) is None
        assert watch.measure(side) is None
    assert [r.getMessage() for r in caplog.records] == [
        "lag not measured: Kafka gives no offsets: TimeoutException: no answer"
    ]
