"""Candles by the hour in PostgreSQL are the lake's, however often they are rolled up."""

from datetime import UTC, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from bronze_rows import START
from pyspark.sql import functions as F

from coincap_batch import pipeline, roll_ups
from coincap_batch.state import State
from coincap_batch.store import Store
from coincap_batch.tables import (
    ASSET_CANDLES,
    ASSET_SAMPLES,
    HISTORY,
    MARKET_CANDLES,
    MARKET_SAMPLES,
)
from coincap_jobs.database import connect

pytestmark = pytest.mark.usefixtures("interpreted")

HOUR, DAY, TINY = timedelta(hours=1), timedelta(days=1), Decimal("1e-17")
SOURCES = ["history", "history", "markets", "markets"] * 2


class Lake:
    """A lake's samples and history, in tables as the steps before the candles leave them."""

    def __init__(self, spark, root: str):
        self.spark, self.store = spark, Store(spark, root)
        self.batch = pipeline.Batch(self.store, State(spark, root))
        self.samples: list[tuple] = []

    def add(self, at, price):
        self.samples.append((at, Decimal(price)))

    def build(self):
        columns = "at timestamp, price_usd decimal(38,18)"
        rows = self.spark.createDataFrame(self.samples, columns)
        market = rows.selectExpr(
            "'binance' as exchange_id", "'bitcoin' as base_id", "'tether' as quote_id",
            "at as updated", "price_usd", "20000L as weight", "cast(null as string) as distrust",
        )  # fmt: skip
        asset = rows.selectExpr("'bitcoin' as id", "at as envelope_at", "price_usd")
        history = rows.selectExpr(
            "'bitcoin' as id", "at - interval 2 hours as time", "price_usd - 0.5 as price_usd"
        ).where(F.minute("time") == 0)
        for table, made in ((MARKET_SAMPLES, market), (ASSET_SAMPLES, asset), (HISTORY, history)):
            made = made.withColumn("date", F.to_date(table.time))
            days = [str(day) for (day,) in made.select("date").distinct().collect()]
            self.store.replace(table, made.coalesce(1), days)
        pipeline.build_candles(self.batch)


@pytest.fixture(scope="module")
def lake(spark, tmp_path_factory):
    """Two days of one market and its asset, two hours of each, and two of history before them."""
    lake = Lake(spark, str(tmp_path_factory.mktemp("roll_ups")))
    for day in (0, 1):
        for hour in (0, 1):
            for minute in (0, 30):
                at = START + day * DAY + hour * HOUR + timedelta(minutes=minute)
                lake.add(at, f"{1 + day + hour}.00000000000000000{1 + minute // 30}")
    lake.build()
    return lake


@pytest.fixture
def live(postgres):
    with connect(postgres.dsn, "test", autocommit=True) as connection:
        for day in (START.date(), (START + DAY).date()):
            for kind in ("asset", "market"):
                connection.execute(
                    "select market.ensure_partition(%s, %s)", [f"{kind}_candles_1m", day]
                )
        # With no more rights than the batch has where another role owns the schema.
        connection.execute("set role market_writer")
        yield connection


def stored(live, kind, columns):
    query = f"select {columns} from market.{kind}_candles_1h order by hour_start"
    return live.execute(query).fetchall()


OHLC = "hour_start, open, high, low, close, vwap, samples, minutes_sampled"


def of_the_lake(lake, table):
    rows = lake.store.read(table).orderBy("period_start").collect()
    names = ("open", "high", "low", "close", "vwap", "samples", "minutes_sampled")
    return [(r.period_start.astimezone(UTC), *(r[name] for name in names)) for r in rows]


def test_the_hours_are_the_lakes_and_the_sums_give_the_vwap(lake, live):
    written = roll_ups.roll_up(lake.store, live)
    assert written == {"asset_candles_1h": 8, "market_candles_1h": 4}
    for kind, table in (("asset", ASSET_CANDLES["1h"]), ("market", MARKET_CANDLES["1h"])):
        assert stored(live, kind, OHLC) == of_the_lake(lake, table)
        for whole, weight, vwap in stored(live, kind, "price_weight_sum, weight_sum, vwap"):
            assert (whole, weight, vwap) == (0, 0, None) or abs(whole / weight - vwap) < TINY
    assert [source for (source,) in stored(live, "asset", "source")] == SOURCES
    (reached,) = live.execute("select distinct reached from market.roll_ups").fetchall()
    assert reached[0] == START + DAY + HOUR


def test_a_second_time_nothing_is_written_and_a_lost_row_comes_back_with_its_day(lake, live):
    roll_ups.roll_up(lake.store, live)
    before = stored(live, "market", f"{OHLC}, xmin::text")
    assert set(roll_ups.roll_up(lake.store, live).values()) == {0}
    assert stored(live, "market", f"{OHLC}, xmin::text") == before
    # A database restored from before: what it holds and how far it says to be agree.
    live.execute("delete from market.roll_ups")
    live.execute("delete from market.market_candles_1h where hour_start < %s", [START + HOUR])
    live.execute("update market.market_candles_1h set high = 9 where samples = 2")
    live.execute(
        "insert into market.market_candles_1h select exchange_id, base_id, quote_id, "
        "hour_start + interval '5 hours', open, high, low, close, vwap, samples, minutes_sampled, "
        "price_weight_sum, weight_sum, trusted_samples from market.market_candles_1h"
    )
    roll_ups.roll_up(lake.store, live)
    assert stored(live, "market", OHLC) == of_the_lake(lake, MARKET_CANDLES["1h"])


def test_a_late_sample_changes_its_day_alone(lake, live):
    roll_ups.roll_up(lake.store, live)
    before = dict(stored(live, "market", "hour_start, xmin::text"))
    lake.add(START + timedelta(minutes=45), "7")
    lake.build()
    assert roll_ups.roll_up(lake.store, live)["market_candles_1h"] == 1
    after = dict(stored(live, "market", "hour_start, xmin::text"))
    assert [hour for hour in after if after[hour] != before[hour]] == [START]
    assert stored(live, "market", OHLC) == of_the_lake(lake, MARKET_CANDLES["1h"])


def minutes_of(live, lake) -> int:
    """Fill the live minutes with the lake's, and one that the lake does not have yet."""
    rows = lake.store.read(ASSET_CANDLES["1m"]).collect()
    for row in rows:
        put(live, row.period_start.astimezone(UTC), row.close)
    put(live, START + DAY + HOUR + timedelta(minutes=59), 5)
    return len(rows) + 1


def put(live, minute, price):
    live.execute(
        "insert into market.asset_candles_1m values ('bitcoin', %s, %s, %s, %s, %s, %s, 1, %s, "
        "%s, 0, 0, 0)",
        [minute, *[price] * 5, minute, minute],
    )


def test_wide_buckets_are_made_of_hours_and_of_the_minutes_after_them(lake, live):
    minutes = minutes_of(live, lake)
    ask = (
        "select period_start, close, samples from market.v1_candles_for("
        "array['bitcoin'], %s, %s, %s::interval) order by 1"
    )
    span = [START, START + 2 * DAY]
    by_minute = live.execute(ask, [*span, "59 minutes"]).fetchall()
    assert len(by_minute) == minutes
    # Before the first roll-up the minutes are all there is.
    assert live.execute(ask, [*span, "1 hour"]).fetchall() == by_minute
    roll_ups.roll_up(lake.store, live)
    wide = live.execute(ask, [*span, "1 hour"]).fetchall()
    of_history = [START + n * DAY - back * HOUR for n in (0, 1) for back in (2, 1)]
    own = [START, START + HOUR, START + DAY]
    assert [start for start, _, _ in wide] == [
        *sorted([*of_history[2:], *own]),
        *(START + DAY + HOUR + timedelta(minutes=m) for m in (0, 30, 59)),
    ]
    assert sum(samples for _, _, samples in wide) == sum(row[2] for row in by_minute) + 2
    assert all(one < two for one, two in pairwise(start for start, _, _ in wide))
    assert (
        live.execute(ask, [START + HOUR, START + DAY - 2 * HOUR, "1 day"]).fetchall() == wide[1:2]
    )


def test_expired_hours_are_dropped_and_counted(lake, live):
    roll_ups.roll_up(lake.store, live)
    live.execute(
        "insert into market.stream_watermarks values ('coincap.markets', %s)",
        [START + DAY + timedelta(days=400)],
    )
    dropped = dict(live.execute("select * from market.drop_expired()").fetchall())
    assert dropped["market_candles_1h"] == 2
    assert dropped["asset_candles_1h"] == 0
    assert len(stored(live, "market", "hour_start")) == 2
