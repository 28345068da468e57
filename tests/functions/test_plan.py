"""The plan: one formula, three named cadences, fresher than the even one at the same cost."""

import json
import math

import pytest

from ingest import plan
from ingest.cadence import STEPS, as_json, credits_of, named
from ingest.credits import call_credits, model, sweep_credits
from ingest.errors import Refused
from ingest.planner import propose
from ingest.profile import built_in, from_sweep
from ingest.tick import Tick

NAMES = ["free", "small", "large"]


@pytest.mark.parametrize(
    ("size", "credits"), [(0, 1), (1, 1), (2500, 1), (2501, 2), (638_382, 256), (24_425, 10)]
)
def test_a_call_costs_what_coincap_documents(size, credits):
    assert call_credits(size) == credits


def test_a_full_sweep_costs_about_2300_credits():
    """8 pages of markets (256 each at most), assets 324, exchanges 10, rates 9, empty pages."""
    costs = {name: sweep_credits(name) for name in ("markets", "assets", "exchanges", "rates")}
    assert costs == {"markets": 7 * 256 + 128 + 1, "assets": 325, "exchanges": 11, "rates": 9}


@pytest.mark.parametrize("name", NAMES)
def test_a_named_cadence_is_what_the_planner_proposes_within_its_budget(name):
    budget, jobs = named(name)
    assert credits_of(jobs) <= budget
    stored = model()["cadences"][name]["jobs"]
    assert stored == [as_json(job) for job in propose(budget, built_in())]
    assert {job["cron"] for job in stored} <= set(STEPS.values())


@pytest.mark.parametrize("name", NAMES)
def test_terraforms_sum_over_the_file_is_ours(name):
    """What infra computes from the JSON alone: runs × credits_per_run."""
    content, formula = model(), model()["formula"]
    total = 0
    for job in content["cadences"][name]["jobs"]:
        run = 0
        for sweep in job["sweeps"]:
            spec = content["endpoints"][sweep["endpoint"]]
            full, rest = divmod(sweep["rows"], formula["page_size"])
            rows = [formula["page_size"]] * full + ([rest] if rest else [])
            head = "~" in (sweep["scope"] or "")
            if spec["paged"] and not head and sweep["rows"] % formula["probe_multiple"] == 0:
                rows.append(0)
            run += sum(max(1, math.ceil(n * spec["bytes_per_row"] / 2500)) for n in rows)
        assert run == job["credits_per_run"]
        total += run * math.ceil(formula["minutes_per_month"] / job["every_minutes"])
    assert total == credits_of(named(name)[1])


@pytest.mark.parametrize(("name", "times"), [("free", 2.5), ("small", 3.0), ("large", 2.5)])
def test_the_plan_beats_the_even_cadence_of_the_same_cost(name, times):
    figures = plan.compare(named(name)[1], built_in())
    print(f"{name}: {figures}")
    assert figures["times_fresher"] >= times
    assert figures["pairs_within_month"] == 1.0
    assert figures["volume_within_day"] > figures["pairs_within_day"] or name == "large"


def test_more_credits_are_never_worse():
    ages = [
        plan.compare(propose(credits, built_in()), built_in())["mean_age_min"]
        for credits in (4_000, 20_000, 100_000, 500_000)
    ]
    assert ages == sorted(ages, reverse=True)


def test_less_than_one_full_sweep_is_refused_with_the_number():
    with pytest.raises(Refused, match="do not pay for one full sweep of 2266"):
        propose(2000, built_in())


def test_a_cadence_over_budget_is_refused_with_the_numbers(capsys):
    assert plan.main(["show", "--name", "small", "--credits", "5000"]) == 1
    assert "over budget" in capsys.readouterr().err


def test_a_cadence_of_ones_own_is_priced(tmp_path, capsys):
    jobs = [{"every_minutes": 1, "sweeps": [{"endpoint": "markets", "scope": None, "rows": 15000}]}]
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"jobs": jobs}))
    assert plan.main(["show", "--file", str(path), "--credits", "4000"]) == 1
    assert f"over budget: {44_640 * 1921} credits a month, 4000 allowed" in capsys.readouterr().err


def test_a_proposal_can_be_kept_as_json(capsys):
    assert plan.main(["propose", "--credits", "4000", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["jobs"] == model()["cadences"]["free"]["jobs"]


def test_volumes_of_a_stored_sweep_weigh_the_plan(deployment):
    deployment.poll("markets")
    profile = from_sweep(deployment.lake, Tick("markets", deployment.clock()))
    assert sum(item.pairs for item in profile) == 2600
    assert all(list(item.cumulative) == sorted(item.cumulative) for item in profile)
    scopes = {sweep.scope for job in propose(4000, profile) for sweep in job.sweeps}
    assert any(scope and scope.startswith("binance") for scope in scopes)
