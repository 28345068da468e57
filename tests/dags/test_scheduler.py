"""The DAGs under a real scheduler: by hand, by the clock, after one another, one at a time.

Last, through a machine that is lost half-way.
"""

import time
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from bronze_rows import START
from direct import market_candles
from market_hours import market_hours
from scheduler import Scheduler

pytestmark = pytest.mark.slow
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def rows():
    return market_hours(2)


@pytest.fixture(scope="module")
def scheduler(stack, rows):
    stack.feed([row for row in rows if row[4] < START + HOUR])
    running = Scheduler(stack)
    running.start()
    return running


def candles(stack):
    query = (
        "select exchange_id, base_id, quote_id, period_start, open, high, low, close, samples "
        "from marts.market_candles_1h"
    )
    return sorted(stack.query(query))


def expected(rows):
    direct = market_candles(rows, 60)
    return sorted((*key, *prices, samples) for key, (*prices, _, samples) in direct.items())


def test_the_scheduler_runs_an_hour_to_success(stack, scheduler, rows):
    # Before the first update of the marts: a DAG that is paused misses it.
    for dag_id in ("reconcile", "reference_snapshots"):
        scheduler.unpause(dag_id)
    until = START + HOUR
    scheduler.trigger("first", arrived_from=START.isoformat(), arrived_to=until.isoformat())
    assert scheduler.ends("first") == "success"
    assert set(scheduler.states("first").values()) == {"success"}
    assert candles(stack) == expected([row for row in rows if row[4] < until])


def test_the_clock_starts_an_hour_and_its_marts_start_the_comparison(scheduler):
    """Nothing but unpaused: the last whole hour, then reconcile, which has no date."""
    hour = scheduler.first_run("market_batch", "scheduled")
    assert scheduler.ends(hour) == "success"
    ((start, end),) = scheduler.ask(
        f"select data_interval_start, data_interval_end from dag_run where run_id = '{hour}'"
    )
    assert datetime.fromisoformat(end) - datetime.fromisoformat(start) == HOUR
    after = scheduler.first_run("reconcile", "asset_triggered")
    assert scheduler.ends(after) == "success"
    assert set(scheduler.states(after).values()) == {"success"}
    scheduler.airflow("dags", "pause", "reconcile", "--yes")


def test_no_two_tasks_that_write_lake_or_warehouse_ran_at_once(scheduler):
    """Three DAGs wanted to; the pool that keeps them apart is Airflow's own, unchanged."""
    scheduler.ends(scheduler.first_run("reference_snapshots", "scheduled"))
    assert scheduler.ask("select slots from slot_pool where pool = 'default_pool'") == [(128,)]
    ran = scheduler.ask(
        "select dag_id, start_date, end_date from task_instance where pool_slots > 64 "
        "and start_date is not null and end_date is not null order by start_date"
    )
    assert len({dag_id for dag_id, _, _ in ran}) >= 3
    for (_, _, ended), (dag_id, started, _) in pairwise(ran):
        assert ended <= started, dag_id


def test_a_run_that_is_killed_ends_in_the_same_tables_after_a_restart(stack, scheduler, rows):
    # Only now: a run by the clock takes whatever bronze has gained.
    stack.feed([row for row in rows if row[4] >= START + HOUR])
    window = {"arrived_from": START + HOUR, "arrived_to": START + 3 * HOUR}
    scheduler.trigger("killed", **{name: time.isoformat() for name, time in window.items()})
    silver = stack.lake / "silver" / "markets" / "_delta_log"
    before = len(list(silver.glob("*.json")))
    deadline = time.monotonic() + 600
    # The second hour is in silver, its candles are not: the machine goes now.
    while len(list(silver.glob("*.json"))) == before:
        assert time.monotonic() < deadline, scheduler.states("killed")
        time.sleep(0.1)
    scheduler.kill()
    assert scheduler.states("killed")["silver_and_candles"] == "running"
    scheduler.start()
    assert scheduler.ends("killed") == "success"
    tries = (
        "select try_number from task_instance where run_id = 'killed' and task_id like 'silver%'"
    )
    assert scheduler.ask(tries)[0][0] > 1
    assert candles(stack) == expected(rows)
