"""The capacity table stands in the README as the command prints it, and its sums hold."""

import ast
import json
import math
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
import capacity
from capacity_plan import Load, plan
from capacity_price import FIGURES, SOURCE

from ingest.credits import model, sweep_credits

README = Path(__file__).with_name("README.md")


def number(text: str) -> float:
    return float(text.replace(",", ""))


def test_the_readme_has_the_table_as_printed():
    assert capacity.table() in README.read_text("utf-8")


@pytest.mark.parametrize("load", capacity.loads(), ids=str)
def test_each_cell_is_what_its_sum_says(load):
    found = plan(load)
    for name in ("pollers", "bridges", "workers", "brokers"):
        parts = re.fullmatch(r"⌈(.+) / (.+)⌉", found.sums[name])
        if parts is None:
            rate, limit = map(number, found.sums[name].split(" ≤ "))
            assert rate <= limit
            assert getattr(found, name) == 1
        else:
            need, power = map(number, parts.groups())
            least = 3 if name == "brokers" else 1
            assert getattr(found, name) == max(least, math.ceil(need / power))
    product = ast.literal_eval(found.sums["credits"].split(" × ")[0].replace(",", "_"))
    assert found.credits == product * model()["formula"]["minutes_per_month"] * 60 // load.every_s
    assert product == sweep_credits("markets", load.markets)
    assert sum(number(p.split()[-1]) for p in found.sums["usd"].split(" + ")) == pytest.approx(
        found.usd, abs=5
    )


def test_more_markets_or_a_faster_cadence_never_cost_less():
    for markets in capacity.MARKETS:
        prices = [plan(Load(markets, seconds)).usd for seconds in capacity.SECONDS]
        assert prices == sorted(prices, reverse=True)
    for seconds in capacity.SECONDS:
        prices = [plan(Load(markets, seconds)).usd for markets in capacity.MARKETS]
        assert prices == sorted(prices)


def test_a_figure_that_is_worse_makes_the_plan_larger(monkeypatch):
    load = Load(150_000, 10)
    before = plan(load).workers
    monkeypatch.setitem(FIGURES, "job_per_core", FIGURES["job_per_core"] / 10)
    assert plan(load).workers > before


def test_every_figure_says_where_it_is_from():
    found = json.loads(SOURCE.read_text("utf-8"))["figures"]
    assert len(found) > 8
    for each in found.values():
        assert each["command"]
        assert each["unit"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", each["date"])


def test_the_size_of_a_message_is_that_of_the_benchmarks_messages():
    assert round(capacity.message_bytes()) == FIGURES["wire_bytes"]
