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


def expected(rows):
    direct = sorted(market_candles(rows, 60).items())
    return [(*key, *prices, samples) for key, (*prices, _, samples) in direct]


def test_a_normal_hour_is_in_the_marts_to_the_last_digit(stack, normal, rows):
    assert candles(stack) == expected(rows)
    assert len(expected(rows)) >= 5


def test_the_same_hour_again_changes_nothing(stack, normal):
    before = candles(stack)
    log = "select table_name, day, fingerprint, loaded_at from raw.load_log order by 1, 2"
    loaded = stack.query(log)
    stack.hour(START, START + HOUR)
    assert candles(stack) == before
    assert stack.query(log) == loaded


def test_what_is_archived_after_its_hours_run_is_in_the_marts_after_the_next(stack, normal, rows):
    late = market_hours(1, START - HOUR, seed=3)
    stack.feed(late)
    stack.run("market_batch")
    assert candles(stack) == expected([*rows, *late])
