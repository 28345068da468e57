"""Volatility and correlation over made-up hours, against Python's own statistics."""

import math
import random
import statistics
from datetime import timedelta
from itertools import combinations

import pytest
from bronze_rows import ARRIVED, START, Kafka
from pipeline_stack import start
from warehouse_chain import run

pytestmark = pytest.mark.slow
HOUR = timedelta(hours=1)
HOURS = 8 * 24
LOST = 100
"""An hour without a poll: no return is made up over it."""
WINDOWS = {"24h": 24, "7d": 7 * 24, "30d": 30 * 24}
ASSETS = ("bitcoin", "ethereum", "xrp")


@pytest.fixture(scope="module")
def prices():
    """One price per asset and hour, as CoinCap writes it."""
    rnd, found = random.Random(4), {}
    for hour in range(HOURS):
        common = rnd.gauss(0, 0.01)
        for number, name in enumerate(ASSETS):
            last = float(found.get((name, hour - 1), 100 * 10**number))
            price = last * math.exp(common + rnd.gauss(0, 0.02))
            found[name, hour] = f"{price:.15f}"
    return {key: price for key, price in found.items() if key[1] != LOST}


@pytest.fixture(scope="module")
def stack(spark, prices, tmp_path_factory):
    stack, kafka = start(tmp_path_factory.mktemp("statistics")), Kafka()
    for (name, hour), price in prices.items():
        kafka.asset(name, price, START + hour * HOUR)
    stack.feed(kafka.rows)
    words = ("build", "--indirect-selection", "cautious", "--select")
    words += ("+realised_volatility", "+correlation")
    run(stack, spark, ARRIVED, ARRIVED + HOUR, words)
    yield stack
    stack.supervisor.stop_all()


@pytest.fixture(scope="module")
def returns(prices):
    """{(asset, hour): log return} where the hour before is there too."""
    return {
        (name, hour): math.log(float(price) / float(prices[name, hour - 1]))
        for (name, hour), price in prices.items()
        if (name, hour - 1) in prices
    }


def near(got, expected):
    return got is None if expected is None else got == pytest.approx(expected, rel=1e-9)


def test_volatility_is_the_annualised_deviation_of_each_window(stack, returns):
    columns = ", ".join(f"volatility_{name}, returns_{name}" for name in WINDOWS)
    rows = stack.query(f"select asset_id, period_start, {columns} from marts.realised_volatility")
    assert len(rows) == len(returns) == 3 * (HOURS - 3)
    for name, period, *measured in rows:
        hour = (period - START) // HOUR
        for (volatility, count), width in zip(
            zip(measured[::2], measured[1::2], strict=True), WINDOWS.values(), strict=True
        ):
            window = [
                returns[name, h] for h in range(hour - width + 1, hour + 1) if (name, h) in returns
            ]
            several = len(window) > 1
            expected = statistics.stdev(window) * math.sqrt(24 * 365) if several else None
            assert (count, near(volatility, expected)) == (len(window), True)


def test_correlation_is_pearsons_over_the_common_hours(stack, returns):
    rows = stack.query("select asset_id, other_asset_id, correlation, hours from marts.correlation")
    assert {row[:2] for row in rows} == set(combinations(ASSETS, 2))
    for one, other, correlation, hours in rows:
        common = [h for name, h in returns if name == one]
        pair = [[returns[name, h] for h in common] for name in (one, other)]
        assert hours == len(common)
        assert near(correlation, statistics.correlation(*pair))
