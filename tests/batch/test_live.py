"""Queued rebuilds put the live candles right; the live tables are measured per hour."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from bronze_rows import ARRIVED, COLUMNS, START, Kafka

from coincap_batch import pipeline
from coincap_batch.live import SETTLED, rebuild_queued, waiting
from coincap_batch.live_hours import live_hours, measure, serving_hours
from coincap_batch.state import State
from coincap_batch.store import Store
from coincap_batch.tables import LIVE_HOURS, MARKET_CANDLES, SERVING_HOURS
from coincap_jobs.database import connect

pytestmark = pytest.mark.usefixtures("interpreted")


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


def put_candle(live, samples, minute=START, queued=True):
    live.execute(
        "insert into market.market_candles_1m values ('binance', 'bitcoin', 'tether', %s, "
        "3, 3, 3, 3, 3, %s, %s, %s, 180000, 60000, 1, 180000, 60000)",
        [minute, samples, minute, minute],
    )
    if not queued:
        return
    live.execute(
        "insert into market.candle_rebuilds (candle_table, base_id, exchange_id, quote_id, "
        "minute_start) values ('market_candles_1m', 'bitcoin', 'binance', 'tether', %s)",
        [minute],
    )


def candle(live):
    return live.execute(
        "select open, high, low, close, vwap, samples, price_weight_sum, weight_sum "
        "from market.market_candles_1m"
    ).fetchone()


def test_a_queued_minute_is_put_right_from_the_lake(store, live):
    put_candle(live, samples=1)
    changed = rebuild_queued(store, live, datetime.now(UTC))
    assert changed["market_candles_1m"] == 1
    first = Decimal("1.000000000000000001")
    total = first * 20000 + 3 * 60000
    assert candle(live)[:4] == (first, 3, first, 3)
    assert candle(live)[5:] == (2, total, 80000)
    assert abs(candle(live)[4] - total / 80000) < Decimal("1e-17")
    assert waiting(live)[0] == 1


def test_a_settled_minute_leaves_the_queue(store, live):
    put_candle(live, samples=1)
    rebuild_queued(store, live, datetime.now(UTC) + SETTLED)
    assert waiting(live) == (0, None)


def test_a_lake_that_lags_does_not_make_the_live_table_poorer(store, live):
    put_candle(live, samples=5)
    changed = rebuild_queued(store, live, datetime.now(UTC) + SETTLED)
    assert changed["market_candles_1m"] == 0
    assert candle(live)[5] == 5
    left, oldest = waiting(live)
    assert left == 1
    assert oldest < datetime.now(UTC)


def test_a_minute_that_the_lake_has_no_candle_of_stays_queued(store, live):
    put_candle(live, samples=1, minute=START + timedelta(minutes=5))
    rebuild_queued(store, live, datetime.now(UTC) + SETTLED)
    assert waiting(live)[0] == 1


def test_only_days_that_can_have_changed_are_measured_and_only_changed_ones_written(
    spark, live, tmp_path
):
    store, state = Store(spark, str(tmp_path)), State(spark, str(tmp_path))
    for days in (9, 8, 1):
        day = START - timedelta(days=days)
        live.execute("select market.ensure_partition('market_candles_1m', %s)", [day.date()])
        put_candle(live, samples=2, minute=day, queued=False)
    live.execute(
        "insert into market.stream_watermarks select unnest(%s::text[]), %s::timestamptz",
        [["coincap.markets", "coincap.assets"], START],
    )
    measure(store, state, live, datetime.now(UTC))
    first = store.files(LIVE_HOURS)
    assert sorted(first) == ["2024-10-08", "2024-10-09", "2024-10-16"]
    assert store.files(SERVING_HOURS) == {}
    measure(store, state, live, datetime.now(UTC))
    assert store.files(LIVE_HOURS) == first
    # The stream changes the last day, a rebuild an old one, nobody the other old one.
    rebuilt = START - timedelta(days=8)
    live.execute("update market.market_candles_1m set samples = 3")
    live.execute(
        "insert into market.candle_rebuilds (candle_table, base_id, minute_start, done_at) "
        "values ('market_candles_1m', 'bitcoin', %s, now())",
        [rebuilt],
    )
    measure(store, state, live, datetime.now(UTC))
    second = store.files(LIVE_HOURS)
    assert {day for day in first if second[day] != first[day]} == {"2024-10-09", "2024-10-16"}
    # New candles in the lake are a reason too.
    store.replace(MARKET_CANDLES["1m"], spark.sql("select 1 as n, date'2024-10-08' as date"), [])
    measure(store, state, live, datetime.now(UTC))
    assert store.files(LIVE_HOURS)["2024-10-08"] != first["2024-10-08"]
    # A day that the live table has lost is no longer in the figures.
    live.execute("delete from market.market_candles_1m where minute_start >= '2024-10-16'")
    measure(store, state, live, datetime.now(UTC))
    assert "2024-10-16" not in store.files(LIVE_HOURS)


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
