"""market_batch run by Airflow on a real lake and warehouse: first run, normal hour, re-run."""

from datetime import timedelta

import pytest
from bronze_rows import START
from direct import market_candles
from market_hours import market_hours

pytestmark = pytest.mark.slow
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def rows():
    return market_hours(1)


@pytest.fixture(scope="module")
def first(stack):
    """The first run ever: no bronze, no table, no dataset."""
    return stack.hour(START, START + HOUR)


@pytest.fixture(scope="module")
def normal(stack, first, rows):
    stack.feed(rows)
    return stack.hour(START, START + HOUR)


def candles(stack):
    return stack.query(
        "select exchange_id, base_id, quote_id, period_start, open, high, low, close, samples "
        "from marts.market_candles_1h order by 1, 2, 3, 4"
    )


def test_a_first_run_on_nothing_makes_every_mart_empty(stack, first):
    assert first.tasks.keys() == {"silver_and_candles", "load_bigquery", "dbt_build"}
    assert first.dbt["models"] == first.dbt["models_passed"] > 40
    assert first.dbt["tests"] == first.dbt["tests_passed"] > 25
    for mart in ("fct_markets", "asset_candles_1h", "rpt_market_overview", "dim_assets"):
        assert stack.query(f"select count(*) from marts.{mart} where true") == [(0,)], mart
    measures = stack.query("select measure, value, is_met from marts.slo_summary")
    assert len(measures) > 6


def test_a_normal_hour_is_in_the_marts_to_the_last_digit(stack, normal, rows):
    expected = [
        (*key, *prices, samples)
        for key, (*prices, _, samples) in sorted(market_candles(rows, 60).items())
    ]
    assert candles(stack) == expected
    assert len(expected) >= 5


def test_the_same_hour_again_changes_nothing(stack, normal):
    before = candles(stack)
    log = "select table_name, day, fingerprint, loaded_at from raw.load_log order by 1, 2"
    loaded = stack.query(log)
    stack.hour(START, START + HOUR)
    assert candles(stack) == before
    assert stack.query(log) == loaded


def test_a_run_that_cannot_read_its_hour_fails_and_names_table_and_day(stack, normal):
    before = candles(stack)
    later = START + 24 * HOUR
    stack.feed(market_hours(1, later, seed=3))
    (file,) = (stack.lake / "bronze" / "date=2024-10-18" / "topic=coincap.markets").glob("*")
    hidden = file.rename(file.with_suffix(".gone"))
    window = {"arrived_from": later.isoformat(), "arrived_to": (later + HOUR).isoformat()}
    said = stack.failure("market_batch", **window)
    line = "DAG market_batch: task silver_and_candles failed: silver/markets (date=2024-10-18): "
    assert said.startswith(line)
    assert candles(stack) == before
    hidden.rename(file)
    stack.hour(later, later + HOUR)
    assert len(candles(stack)) > len(before)
