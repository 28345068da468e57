"""Which messages made a candle, and why others did not."""

from datetime import timedelta

import pytest
from bronze_rows import COLUMNS, START, Kafka

from coincap.contract import record_type
from coincap_batch import explain
from coincap_batch.silver import silver


@pytest.fixture(scope="module")
def markets(spark):
    kafka = Kafka()
    later = START + timedelta(minutes=1)
    kafka.market("bitcoin", "1.5", "20000", START, START)
    kafka.market("bitcoin", "1.6", "20000", START, later)
    kafka.market("bitcoin", None, None, START + timedelta(seconds=5), later)
    kafka.market("bitcoin", "9", "20000", START, START, quote="ukrainian-hryvnia")
    kafka.market("bitcoin", "2", "20000", START + timedelta(hours=1), START + timedelta(hours=1))
    return silver(spark.createDataFrame(kafka.rows, COLUMNS), record_type("market")).persist()


def verdicts(rows):
    return [(row.verdict, row.offset) for row in rows.orderBy("offset").collect()]


def test_a_market_candle_names_its_sample_and_the_repeat(markets):
    rows = explain.market_messages(markets, ("binance", "bitcoin", "tether"), START, "1h")
    assert verdicts(rows) == [("sample", 0), ("repeat", 1), ("no_price", 2)]


def test_an_assets_vwap_names_what_was_left_out(markets):
    rows = explain.asset_market_messages(markets, "bitcoin", START, "1h")
    assert verdicts(rows) == [("sample", 0), ("repeat", 1), ("no_price", 2), ("official_fx", 3)]
