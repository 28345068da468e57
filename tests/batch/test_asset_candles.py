"""An asset's hours and days of two sources: our own polls, CoinCap's history where we have none."""

import gzip
import json
from datetime import UTC, timedelta
from decimal import Decimal

import pytest
from bronze_rows import START, Kafka, iso, ms
from lake_runs import archive, run

from coincap_batch.tables import ASSET_CANDLES

NOON = START
MIDNIGHT = START.replace(hour=0)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def batch(spark, tmp_path_factory):
    """Two days: of the first CoinCap has all hours to 13 and we have noon; the second is ours."""
    lake, kafka = tmp_path_factory.mktemp("assets"), Kafka()
    for minute, price in ((0, "30"), (30, "25")):
        polled = NOON + timedelta(minutes=minute)
        kafka.asset("bitcoin", price, polled)
        kafka.market("bitcoin", "28", "20000", polled, polled)
    kafka.asset("bitcoin", "7", MIDNIGHT + 25 * HOUR)
    archive(spark, lake, kafka.rows)
    folder = lake / "landing" / "history"
    folder.mkdir(parents=True)
    fetched = {"_polled_at": iso(MIDNIGHT + 30 * HOUR), "_snapshot_id": "history-1"}
    with gzip.open(folder / "bitcoin.ndjson.gz", "wt") as file:
        for hour in range(14):
            time = MIDNIGHT + hour * HOUR
            row = {"id": "bitcoin", "time": ms(time), "priceUsd": str(10 + hour * 3)}
            file.write(json.dumps({**row, **fetched}) + "\n")
    return run(spark, lake)


def candles(batch, frame):
    rows = batch.store.read(ASSET_CANDLES[frame]).orderBy("period_start").collect()
    return {row.period_start.astimezone(UTC): row for row in rows}


def test_an_hour_is_ours_where_we_polled_and_of_history_elsewhere(batch):
    hours = candles(batch, "1h")
    first_day = {time: row for time, row in hours.items() if time < MIDNIGHT + 24 * HOUR}
    assert [row.source for row in first_day.values()] == ["history"] * 12 + ["markets", "history"]
    noon = hours[NOON]
    assert (noon.open, noon.high, noon.low, noon.close, noon.samples) == (30, 30, 25, 25, 2)
    assert (noon.vwap, noon.market_samples, noon.has_gap) == (Decimal(28), 2, True)
    assert (hours[MIDNIGHT].vwap, hours[MIDNIGHT].has_gap) == (None, False)


def test_a_day_is_made_of_its_hours_whatever_their_source(batch):
    days, hours = candles(batch, "1d"), candles(batch, "1h")
    day = days[MIDNIGHT]
    parts = [row for time, row in hours.items() if time < MIDNIGHT + 24 * HOUR]
    assert (day.open, day.close) == (parts[0].open, parts[-1].close) == (10, 49)
    assert day.high == max(row.high for row in parts) == 49
    assert day.low == min(row.low for row in parts) == 10
    assert day.samples == sum(row.samples for row in parts) == 15
    assert (day.minutes_sampled, day.has_gap) == (13 * 60 + 2, True)
    # We polled a part of it, so it is ours; its VWAP is that of the markets we polled.
    assert (day.source, day.vwap) == ("markets", Decimal(28))
    second = days[MIDNIGHT + 24 * HOUR]
    assert (second.open, second.close, second.source, second.vwap) == (7, 7, "markets", None)
