"""The capacity table stands in the README as the command prints it, and its sums hold."""

import ast
import json
import math
import re
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

sys.path.insert(0, str(Path(__file__).resolve().parent))
import capacity
import scale
from capacity_measure import measured
from capacity_plan import Load, plan
from capacity_price import FIGURES, HALF, SOURCE, TIERS

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
    vcpu, half_vcpu, hot, half_memory = map(
        float, re.fullmatch(r"(.+) of (.+) vCPU, (.+) of (.+) GiB", found.sums["tier"]).groups()
    )
    names = list(TIERS)
    assert vcpu == pytest.approx(load.rate / FIGURES["merge_per_core"], abs=0.0005)
    assert (half_vcpu, half_memory) == tuple(HALF * size for size in TIERS[found.tier][:2])
    assert vcpu <= half_vcpu
    assert hot <= half_memory
    for smaller in names[: names.index(found.tier)]:
        assert vcpu > HALF * TIERS[smaller][0] or hot >= HALF * TIERS[smaller][1]
    product = [number(text) for text in re.findall(r"([\d.,]+) (?:M|B|d)", found.sums["sql_gb"])]
    rows, sizes, days = product[0::3], product[1::3], product[2::3]
    assert sizes == [FIGURES[name] for name in ("candle_bytes", "hour_bytes", "tick_bytes")]
    of_a_day = (load.candles_per_day, load.hours_per_day, load.samples_per_day)
    assert rows == pytest.approx([count / 1e6 for count in of_a_day], abs=0.005)
    kept = [size * span / 1000 for size, span in zip(sizes, days, strict=True)]  # GB of a million
    gigabytes = sum(each * count for each, count in zip(kept, rows, strict=True))
    rounding = 0.005 * sum(kept)
    assert abs(max(10, gigabytes) - found.sql_gb) <= 1 + rounding
    assert hot == pytest.approx(
        (load.candles_per_day * sizes[0] + load.samples_per_day * sizes[2]) / 12 / 2**30, abs=0.005
    )
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


def test_the_readme_has_the_prices_as_printed(capsys):
    scale.cost()
    assert capsys.readouterr().out in README.read_text("utf-8")


def test_what_the_database_merges_is_the_figure_of_drain():
    (row,) = re.findall(r"(?m)^\| `drain` \|.*$", README.read_text("utf-8"))
    assert f"bare merge ({FIGURES['merge_per_core']:,}/s)" in row


def test_sizes_on_disk_are_those_of_active_files(tmp_path):
    lake = tmp_path / "buckets/lake"
    for path, content in {
        lake / "raw/markets/2024-10-17/tick/page-1.json": b"r" * 400,
        lake / "raw/assets/2024-10-17/tick/page-1.json": b"r" * 9000,
        tmp_path / "kafka/data/coincap.markets-0/0.log": b"k" * 1000,
        tmp_path / "kafka/data/coincap.markets-1/0.log": b"k" * 1000,
        tmp_path / "kafka/data/coincap.assets-0/0.log": b"k" * 9000,
    }.items():
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    rows = pa.table({"topic": ["coincap.markets"] * 4 + ["coincap.assets"], "value": list("abcde")})
    for _ in range(2):  # the second overwrites: what the first wrote is no longer active
        write_deltalake(str(lake / "bronze"), rows, mode="overwrite", partition_by=["topic"])
        write_deltalake(str(lake / "silver/markets"), rows.slice(0, 4), mode="overwrite")
    found = measured(tmp_path)
    sizes = DeltaTable(str(lake / "silver/markets")).get_add_actions(flatten=True)
    assert (found["messages"], found["kafka"], found["raw"]) == (4, 500, 100)
    assert found["silver"] == pa.table(sizes)["size_bytes"][0].as_py() / 4
    assert found["lake"] == found["raw"] + found["bronze"] + found["silver"]


def test_a_folder_without_a_demo_is_named(tmp_path):
    with pytest.raises(SystemExit, match="holds no demo"):
        measured(tmp_path)


def test_the_size_of_a_message_is_that_of_the_benchmarks_messages():
    assert round(capacity.message_bytes()) == FIGURES["wire_bytes"]
