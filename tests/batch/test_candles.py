"""Candles from samples and from finer candles, against Python's decimals."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from pyspark.sql import functions as F

from coincap_batch import candles

KEY = ("id",)
SCHEMA = (
    "id string, updated timestamp, price_usd decimal(38,18), weight decimal(20,0), distrust string"
)
START = datetime(2024, 10, 17, 23, 50, tzinfo=UTC)


def build(spark, rows, minutes):
    first = candles.from_samples(spark.createDataFrame(rows, SCHEMA), KEY, "updated")
    frame = first if minutes == 1 else candles.merged(first, KEY, minutes)
    frame = frame.withColumns({"vwap": candles.own_vwap(), "trusted": candles.vwap("trusted_")})
    return {(row.id, row.period_start.astimezone(UTC)): row for row in frame.collect()}


@pytest.fixture(scope="module")
def rows():
    rnd = random.Random(7)
    return [
        (
            rnd.choice("ab"),
            START + timedelta(milliseconds=17 * n * 1000 + n),
            Decimal(rnd.randrange(1, 10**22)).scaleb(-18),
            Decimal(rnd.randrange(0, 10**11)),
            rnd.choice([None, "thin"]),
        )
        for n in range(120)
    ]


@pytest.mark.parametrize("minutes", [1, 5, 60, 1440])
def test_candles_of_every_width_equal_the_samples_own(spark, rows, minutes):
    built = build(spark, rows, minutes)
    width = minutes * 60
    groups = {}
    for row in rows:
        start = datetime.fromtimestamp(row[1].timestamp() // width * width, UTC)
        groups.setdefault((row[0], start), []).append(row)
    assert built.keys() == groups.keys()
    for key, group in groups.items():
        group.sort(key=lambda row: row[1])
        prices = [row[2] for row in group]
        candle = built[key]
        assert (candle.open, candle.close) == (prices[0], prices[-1])
        assert (candle.high, candle.low, candle.samples) == (max(prices), min(prices), len(group))
        for name, kept in (("vwap", group), ("trusted", [r for r in group if r[4] is None])):
            weight = sum(row[3] for row in kept)
            exact = sum(row[2] * row[3] for row in kept) / weight if weight else None
            got = candle[name]
            assert (got is None) == (exact is None)
            if exact is not None:
                assert abs(got - exact) <= Decimal("1e-18") + abs(exact) * Decimal("1e-18")


def test_a_coin_of_tiny_price_keeps_its_vwap(spark):
    price = Decimal("0.000000012345678901")
    rows = [("a", START, price, Decimal(10**10), None)]
    assert build(spark, rows, 1)["a", START].vwap == price


def test_a_made_up_volume_on_a_high_price_does_not_overflow(spark):
    price = Decimal("9999999999999.123456789012345678")
    rows = [("a", START + timedelta(seconds=n), price, Decimal(10**15), None) for n in range(20)]
    assert build(spark, rows, 1440)["a", START.replace(hour=0, minute=0)].vwap == price


def test_no_volume_is_no_vwap(spark):
    rows = [("a", START, Decimal(1), Decimal(0), None)]
    assert build(spark, rows, 1)["a", START].vwap is None


def test_a_period_starts_at_its_multiple_before_1970_too(spark):
    frame = spark.sql("select timestamp'1969-12-31 23:58:30' as t")
    start = frame.select(candles.period("t", 5).alias("s")).where(
        F.col("s") == F.expr("timestamp'1969-12-31 23:55:00'")
    )
    assert start.count() == 1


def test_a_candle_knows_how_many_of_its_minutes_have_a_sample(spark):
    day = START.replace(hour=0, minute=0)
    moments = [day, day + timedelta(seconds=9), day + timedelta(minutes=4)]
    rows = [("a", moment, Decimal(1), Decimal(1), None) for moment in moments]
    full = [("b", day + timedelta(minutes=n), Decimal(1), Decimal(1), None) for n in range(5)]
    first = candles.from_samples(spark.createDataFrame(rows + full, SCHEMA), KEY, "updated")
    for width, expected in ((5, [("a", 2, True), ("b", 5, False)]), (60, [("a", 2, True)])):
        frame = candles.merged(first, KEY, width).withColumn("has_gap", candles.has_gap(width))
        found = {(row.id, row.minutes_sampled, row.has_gap) for row in frame.collect()}
        assert set(expected) <= found
