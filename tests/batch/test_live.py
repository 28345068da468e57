"""Queued rebuilds put the live candles right; the live tables are measured per hour."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from bronze_rows import ARRIVED, COLUMNS, START, Kafka

from coincap_batch import pipeline
from coincap_batch.live import SETTLED, live_hours, rebuild_queued, serving_hours
from coincap_batch.state import State
from coincap_batch.store import Store
from coincap_jobs.database import connect


@pytest.fixture(scope="module")
def store(spark, tmp_path_factory):
    """A lake that knows two samples of one minute; the stream saw only the second."""
    lake, kafka = str(tmp_path_factory.mktemp("live")), Kafka()
    kafka.market("bitcoin", "1.000000000000000001", "20000", START, START)
    later = START + timedelta(seconds=30)
    kafka.market("bitcoin", "3", "60000", later, later)
    frame = spark.createDataFrame(kafka.rows, COLUMNS)
    frame.write.format("delta").partitionBy("date", "topic").save(f"{lake}/bronze")
    hour = timedelta(hours=1)
    batch = pipeline.Batch(Store(spark, lake), State(spark, lake), ARRIVED - hour, ARRIVED + hour)
    for step in pipeline.DEFAULT_STEPS:
        pipeline.STEPS[step](batch)
    return batch.store


@pytest.fixture
def live(postgres):
    with connect(postgres.dsn, "test", autocommit=True) as connection:
        connection.execute(
            "select market.ensure_partition('market_candles_1m', %s)", [START.date()]
        )
        yield connection


def put_candle(live, samples):
    live.execute(
        "insert into market.market_candles_1m values ('binance', 'bitcoin', 'tether', %s, "
        "3, 3, 3, 3, 3, %s, %s, %s, 180000, 60000, 1, 180000, 60000)",
        [START, samples, START, START],
    )
    live.execute(
        "insert into market.candle_rebuilds (candle_table, base_id, exchange_id, quote_id, "
        "minute_start) values ('market_candles_1m', 'bitcoin', 'binance', 'tether', %s)",
        [START],
    )


def candle(live):
    return live.execute(
        "select open, high, low, close, vwap, samples, price_weight_sum, weight_sum "
        "from market.market_candles_1m"
    ).fetchone()


def waiting(live):
    query = "select count(*) from market.candle_rebuilds where done_at is null"
    return live.execute(query).fetchone()[0]


def test_a_queued_minute_is_put_right_from_the_lake(store, live):
    put_candle(live, samples=1)
    changed = rebuild_queued(store, live, datetime.now(UTC))
    assert changed["market_candles_1m"] == 1
    first = Decimal("1.000000000000000001")
    total = first * 20000 + 3 * 60000
    assert candle(live)[:4] == (first, 3, first, 3)
    assert candle(live)[5:] == (2, total, 80000)
    assert abs(candle(live)[4] - total / 80000) < Decimal("1e-17")
    assert waiting(live) == 1


def test_a_settled_minute_leaves_the_queue(store, live):
    put_candle(live, samples=1)
    rebuild_queued(store, live, datetime.now(UTC) + SETTLED + timedelta(minutes=1))
    assert waiting(live) == 0


def test_a_lake_that_lags_does_not_make_the_live_table_poorer(store, live):
    put_candle(live, samples=5)
    rebuild_queued(store, live, datetime.now(UTC))
    assert candle(live)[5] == 5


def test_live_candles_are_counted_and_summed_per_hour(spark, live):
    put_candle(live, samples=4)
    (row,) = live_hours(spark, live).collect()
    assert (row.candle_table, row.candles, row.samples) == ("market_candles_1m", 1, 4)
    assert (row.open_sum, row.close_sum) == (3, 3)
    assert row.hour_start.astimezone(UTC) == START.replace(minute=0)


def test_the_age_of_rows_at_their_commit_is_measured_and_a_replays_is_not(spark, live):
    for number, age in enumerate((2, 4, 90_000_000)):
        live.execute(
            "insert into market.stream_progress (query, batch_id, epoch, started_at, finished_at, "
            "messages, newest_polled_at) values ('serve', %s, 1, %s, %s, 10, %s)",
            [number, START, START, START - timedelta(seconds=age)],
        )
    (row,) = serving_hours(spark, live).collect()
    assert (row.batches, row.messages, row.to_serving_p50_s) == (2, 20, 3.0)
    assert row.hour_start.astimezone(UTC) == START
