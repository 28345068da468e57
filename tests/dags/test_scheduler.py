"""market_batch under a real scheduler: to success, and through a machine that is lost half-way."""

import time
from datetime import timedelta

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
    stack.feed(rows)
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
    until = START + HOUR
    scheduler.trigger("first", arrived_from=START.isoformat(), arrived_to=until.isoformat())
    assert scheduler.ends("first") == "success"
    assert set(scheduler.states("first").values()) == {"success"}
    assert candles(stack) == expected([row for row in rows if row[4] < until])


def test_a_run_that_is_killed_ends_in_the_same_tables_after_a_restart(stack, scheduler, rows):
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
