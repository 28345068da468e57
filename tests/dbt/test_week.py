"""A week backfilled out of order, a day at a time, ends in the marts of a week in one run."""

from datetime import timedelta
from decimal import Decimal

import pytest
from bronze_rows import START
from direct import asset_vwap, market_candles
from market_hours import market_hours
from pipeline_stack import start
from warehouse_chain import run

pytestmark = pytest.mark.slow
DAY = timedelta(days=1)
ORDER = (3, 0, 6, 2, 5, 1, 4)
OF_THE_RUN = ("loaded_at", "measured_at", "to_mart_p50_s", "to_mart_p95_s", "to_mart_p99_s")
"""Columns that say when something was loaded: of two runs they must differ."""


@pytest.fixture(scope="module")
def week():
    return [market_hours(2, START + day * DAY, step=10, seed=day) for day in range(7)]


@pytest.fixture(scope="module")
def straight(spark, week, tmp_path_factory):
    stack = start(tmp_path_factory.mktemp("straight"))
    for rows in week:
        stack.feed(rows)
    run(stack, spark, START, START + 7 * DAY)
    yield stack
    stack.supervisor.stop_all()


@pytest.fixture(scope="module")
def shuffled(spark, week, tmp_path_factory):
    stack = start(tmp_path_factory.mktemp("shuffled"))
    for day in ORDER:
        stack.feed(week[day])
        run(stack, spark, START + day * DAY, START + (day + 1) * DAY)
    yield stack
    stack.supervisor.stop_all()


def content(stack, mart):
    rows = stack.client().query(f"select * from marts.{mart} where true").result()
    kept = [field.name for field in rows.schema if field.name not in OF_THE_RUN]
    return sorted(str([row[name] for name in kept]) for row in rows)


def test_the_marts_are_the_same_row_by_row(straight, shuffled):
    tables = straight.client().list_tables(f"{straight.client().project}.marts")
    marts = sorted(table.table_id for table in tables)
    assert len(marts) > 30
    filled = [mart for mart in marts if content(straight, mart)]
    assert {"fct_markets", "dim_assets", "asset_candles_1d", "slo_freshness"} <= set(filled)
    for mart in marts:
        assert content(shuffled, mart) == content(straight, mart), mart


def test_the_candles_are_those_computed_directly_over_the_messages(shuffled, week):
    rows = [row for day in week for row in day]
    expected = market_candles(rows, 1440)
    query = (
        "select exchange_id, base_id, quote_id, period_start, open, high, low, close, vwap, "
        "samples from marts.market_candles_1d"
    )
    found = {row[:4]: row[4:] for row in shuffled.query(query)}
    assert found.keys() == expected.keys()
    for key, (*prices, vwap, samples) in found.items():
        *exact, exact_vwap, count = expected[key]
        assert (prices, samples) == (exact, count)
        near(vwap, exact_vwap)
    hours = shuffled.query("select period_start, vwap from marts.asset_candles_1h where "
                           "asset_id = 'bitcoin'")  # fmt: skip
    assert len(hours) == 14
    for start_of, vwap in hours:
        near(vwap, asset_vwap(rows, "bitcoin", start_of, 60))


def test_every_candle_is_explained_by_exactly_its_samples(straight):
    """Each of the hours' and days' samples, with its place in Kafka and its own text."""
    for mart in ("market_candles_1h", "market_candles_1d"):
        candles = straight.query(
            f"select exchange_id, base_id, quote_id, period_start, samples, high, low "
            f"from marts.{mart}"
        )
        explained = straight.query(
            "select exchange_id, asset_id, quote_id, first_period, count(distinct topic_offset), "
            "max(price_usd), min(price_usd) "
            f"from marts.explain_figures where mart = '{mart}' and verdict = 'sample' "
            "and message_text like concat('%', asset_id, '%') group by 1, 2, 3, 4"
        )
        assert len(candles) > 30
        assert sorted(explained) == sorted(candles)


def near(got, exact):
    assert (got is None) == (exact is None)
    if exact is not None:
        assert abs(got - exact) <= Decimal("2e-18") + abs(exact) * Decimal("1e-12")
