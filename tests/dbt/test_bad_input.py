"""What goes wrong between lake and marts: nothing half-written, the partition named."""

from datetime import datetime, timedelta

import pytest
from bronze_rows import START
from dbt_command import dbt
from market_hours import market_hours
from pipeline_stack import start
from warehouse_chain import run

from coincap_batch.store import StoreError

pytestmark = pytest.mark.slow
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def stack(spark, tmp_path_factory):
    """Two hours of the market on two days, in the marts."""
    stack = start(tmp_path_factory.mktemp("bad"))
    stack.feed(market_hours(1))
    stack.feed(market_hours(1, START + 24 * HOUR, seed=5))
    run(stack, spark, START, START + 30 * HOUR)
    yield stack
    stack.supervisor.stop_all()


def marts(stack):
    candles = "select * from marts.market_candles_1h order by period_start, base_id, exchange_id"
    facts = "select count(*), sum(price_usd) from marts.fct_markets "
    return stack.query(candles), stack.query(facts + "where polled_at > timestamp '2020-01-01'")


def test_an_empty_hour_changes_nothing(stack, spark):
    before = marts(stack)
    run(stack, spark, START + 5 * HOUR, START + 6 * HOUR)
    assert marts(stack) == before
    assert before[1][0][0] > 100


def test_a_file_that_is_gone_from_the_lake_fails_the_run_and_is_named(stack, spark):
    before = marts(stack)
    stack.feed(market_hours(1, START + 48 * HOUR, seed=6))
    (day,) = (stack.lake / "bronze").glob("date=2024-10-19")
    (file,) = (day / "topic=coincap.markets").glob("*.parquet")
    hidden = file.rename(file.with_suffix(".gone"))
    with pytest.raises(StoreError, match="silver/markets") as failure:
        run(stack, spark, START + 48 * HOUR, START + 49 * HOUR)
    assert "date=2024-10-19" in str(failure.value)
    assert marts(stack) == before
    hidden.rename(file)
    run(stack, spark, START + 48 * HOUR, START + 49 * HOUR)
    assert len(marts(stack)[0]) > len(before[0])


def test_a_late_hour_of_an_old_day_changes_that_day_alone(stack, spark):
    before = {row[3]: row for row in marts(stack)[0]}
    late = market_hours(1, START + 3 * HOUR, seed=9)
    arrived = START + 60 * HOUR
    stack.feed([(*row[:4], arrived, *row[5:8], arrived.date()) for row in late])
    run(stack, spark, arrived, arrived + HOUR)
    after = {row[3]: row for row in marts(stack)[0]}
    new = after.keys() - before.keys()
    assert {time.date() for time in new} == {START.date()}
    assert {time: after[time] for time in before} == before


def test_a_failing_test_stops_what_depends_on_it_and_names_the_rows(stack):
    row = "asset_id = 'bitcoin' and period_start = timestamp '2024-10-17 12:00:00'"
    stack.query(f"update raw.asset_candles_1h set low = high + 1 where {row}")
    before = stack.query("select * from marts.movers")
    target = stack.supervisor.folder.root / "dbt"
    done = dbt(["build"], stack.endpoint, target)
    assert done.returncode == 1
    said = (
        "candles_are_consistent failed at candle_table=asset_candles_1h, candle_key=bitcoin, "
        "period_start=2024-10-17 12:00:00"
    )
    assert said in done.stdout
    assert stack.query("select * from marts.movers") == before


def test_an_unknown_field_is_kept_in_the_text_and_nothing_else_changes(stack, spark):
    rows = market_hours(1, START + 70 * HOUR, seed=10)
    grown = [(*row[:6], bytes(row[6])[:-1] + b', "colour": "red"}', *row[7:]) for row in rows]
    stack.feed(grown)
    stack.query("delete from raw.load_log where table_name = 'asset_candles_1h'")
    run(stack, spark, START + 70 * HOUR, START + 71 * HOUR)
    day = datetime.date(START + 70 * HOUR)
    query = (
        "select count(*), countif(message_text like '%colour%') from marts.explain_samples "
        f"where date(polled_at) = date '{day}' and record = 'market'"
    )
    ((count, coloured),) = stack.query(query)
    assert count == coloured > 10
