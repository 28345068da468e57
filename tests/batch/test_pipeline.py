"""Bronze to gold on a real Delta lake: every order and repetition ends in the same tables."""

import random
from datetime import timedelta
from decimal import Decimal

import direct
import pytest
from bronze_rows import ARRIVED, START, Kafka
from lake_runs import archive, run

from coincap_batch.manifest import manifest
from coincap_batch.tables import (
    ALL,
    ASSET_CANDLES,
    ASSET_SAMPLES,
    MARKET_CANDLES,
    MARKET_SAMPLES,
    SILVER,
)

HOURS = (ARRIVED - timedelta(hours=1), ARRIVED + timedelta(hours=9))
"""The window in which all messages arrive."""


def content(batch, table, columns):
    rows = batch.store.read(table).select(*columns).collect()
    return sorted(tuple(str(value) for value in row) for row in rows)


def snapshot(batch):
    """All candles, and all columns of silver and samples, comparable between lakes."""
    candle = ("period_start", "open", "high", "low", "close", "vwap", "samples", "source")
    tables = {
        table.name: content(batch, table, (*table.identity[:-1], *candle))
        for table in (*MARKET_CANDLES.values(), *ASSET_CANDLES.values())
    }
    for table in (*SILVER.values(), MARKET_SAMPLES, ASSET_SAMPLES):
        tables[table.name] = content(batch, table, sorted(batch.store.read(table).columns))
    return tables


@pytest.fixture(scope="module")
def messages():
    """Two hours of three markets around noon, with repeats, copies, an untrusted quote, nulls."""
    rnd, kafka = random.Random(11), Kafka()
    updated = {}
    for minute in range(0, 120, 4):
        polled = START + timedelta(minutes=minute)
        for base, quote in (
            ("bitcoin", "tether"),
            ("bitcoin", "ukrainian-hryvnia"),
            ("xrp", "euro"),
        ):
            if (base, quote) not in updated or rnd.random() < 0.6:
                updated[base, quote] = polled - timedelta(seconds=rnd.randrange(5, 70))
            price = f"{rnd.randrange(1, 10**9)}.{rnd.randrange(10**21):021d}"
            volume = rnd.choice(["123456789.5", "20000", "12.5", None])
            kafka.market(base, price, volume, updated[base, quote], polled, quote=quote)
        kafka.asset("bitcoin", f"{rnd.randrange(1, 10**6)}.{rnd.randrange(10**18):018d}", polled)
        kafka.market("xrp", None, None, polled, polled, exchange="kraken")
    for count, number in enumerate(rnd.sample(range(len(kafka.rows)), 20)):
        kafka.copy(number)
        if count % 2:
            # This copy comes an hour after what it copies.
            kafka.rows[-1] = (
                *kafka.rows[-1][:4],
                ARRIVED + timedelta(hours=1),
                *kafka.rows[-1][5:],
            )
    return kafka.rows


@pytest.fixture(scope="module")
def normal(spark, messages, tmp_path_factory):
    lake = tmp_path_factory.mktemp("normal")
    archive(spark, lake, messages)
    return run(spark, lake)


def test_each_message_is_in_silver_once(normal, messages):
    stored = content(normal, SILVER["market"], SILVER["market"].identity)
    sent = {
        (row[0], row[7]["snapshot_id"], row[5]) for row in messages if row[0] == "coincap.markets"
    }
    assert len(stored) == len({row[:3] for row in stored}) == len(sent) > 100


@pytest.mark.parametrize(("frame", "minutes"), [("1m", 1), ("5m", 5), ("1h", 60), ("1d", 1440)])
def test_market_candles_equal_a_direct_computation(normal, messages, frame, minutes):
    expected = direct.market_candles(messages, minutes)
    rows = normal.store.read(MARKET_CANDLES[frame]).collect()
    built = {(r.exchange_id, r.base_id, r.quote_id, r.period_start.timestamp()): r for r in rows}
    assert built.keys() == {(*key[:3], key[3].timestamp()) for key in expected}
    for key, (*prices, vwap, samples) in expected.items():
        row = built[*key[:3], key[3].timestamp()]
        assert [row.open, row.high, row.low, row.close] == prices
        assert row.samples == samples
        close_to(row.vwap, vwap)


def test_asset_candles_weigh_trustworthy_markets_alone(normal, messages):
    rows = normal.store.read(ASSET_CANDLES["1h"]).where("asset_id = 'bitcoin'").collect()
    assert len(rows) == 2
    assert any(row.vwap is not None for row in rows)
    for row in rows:
        close_to(row.vwap, direct.asset_vwap(messages, "bitcoin", row.period_start, 60))


@pytest.mark.usefixtures("interpreted")
@pytest.mark.parametrize("window", [(), HOURS], ids=["nothing new", "the same window"])
def test_another_run_changes_nothing(spark, normal, window):
    before = {table.name: normal.store.files(table) for table in ALL}
    run(spark, normal.store.lake, *window)
    assert {table.name: normal.store.files(table) for table in ALL} == before


@pytest.mark.usefixtures("interpreted")
def test_hours_in_the_wrong_order_end_in_the_same_tables(spark, normal, messages, tmp_path):
    archive(spark, tmp_path, messages)
    middle = ARRIVED + timedelta(seconds=len(messages) // 2)
    run(spark, tmp_path, middle, HOURS[1])
    late = run(spark, tmp_path, HOURS[0], middle)
    assert snapshot(late) == snapshot(normal)


@pytest.mark.usefixtures("interpreted")
def test_nothing_in_bronze_makes_empty_tables_and_a_manifest_of_them(spark, tmp_path):
    batch = run(spark, tmp_path)
    content = manifest(batch.store, batch.state)
    assert "markets" in content["tables"]
    assert all(table["partitions"] == {} for table in content["tables"].values())


def test_the_manifest_counts_and_sums_what_the_files_hold(normal):
    table = manifest(normal.store, normal.state)["tables"]["markets"]
    rows = normal.store.read(SILVER["market"]).collect()
    (part,) = table["partitions"].values()
    assert part["rows"] == len(rows)
    assert Decimal(part["sums"]["price_usd"]) == sum(r.price_usd or 0 for r in rows)
    assert all(path.startswith("silver/markets/date=") for path in part["files"])


def test_samples_keep_the_first_poll_of_a_trade_time(normal, messages):
    rows = normal.store.read(MARKET_SAMPLES).collect()
    expected = direct.samples(messages)
    assert len(rows) == len(expected) > 40
    for row in rows:
        key = (row.exchange_id, row.base_id, row.quote_id, round(row.updated.timestamp() * 1000))
        assert (row.price_usd, row.weight) == expected[key][:2]
        assert (row.distrust is None) == expected[key][2]


def close_to(got, exact):
    assert (got is None) == (exact is None)
    if exact is not None:
        assert abs(got - exact) <= Decimal("2e-18") + abs(exact) * Decimal("1e-12")
