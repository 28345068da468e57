"""The price of a month: line by line, as the README says it, over what Terraform plans."""

import subprocess
import sys

import pytest
from infra_support import INFRA, resources

from ingest.credits import model

sys.path.insert(0, str(INFRA))
import cost

README = (INFRA / "README.md").read_text("utf-8")
ROWS = {
    "Kafka": {"Kafka"},
    "bridge": {"Bridge"},
    "Spark": {"Spark stream", "Spark batch"},
    "PostgreSQL": {"PostgreSQL"},
    "Airflow / Composer": {"Airflow", "Composer"},
}
"""Rows of the README's table and the script's components that they sum; the rest is one row."""
PROFILES = ("lean", "standard", "production")


def sums(profile: str) -> dict[str, float]:
    lines = cost.lines(profile)
    found = {row: sum(x[2] for x in lines if x[0] in parts) for row, parts in ROWS.items()}
    named = set().union(*ROWS.values())
    found["the rest"] = sum(x[2] for x in lines if x[0] not in named)
    found["**total**"] = sum(x[2] for x in lines)
    return found


def test_the_readme_tells_each_row_and_the_total():
    by_profile = [sums(profile) for profile in PROFILES]
    for row in by_profile[0]:
        amounts = [f"{found[row]:,.0f}" for found in by_profile]
        if row == "**total**":
            amounts = [f"**{amount}**" for amount in amounts]
        assert f"| {row} | {' | '.join(amounts)} |" in README, (row, amounts)


def test_the_script_prints_the_lines_and_their_sum():
    done = subprocess.run([sys.executable, INFRA / "cost.py"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    totals = [float(line.split()[1]) for line in done.stdout.splitlines() if "  total " in line]
    assert totals == [pytest.approx(sums(p)["**total**"], abs=0.01) for p in PROFILES]
    assert totals == sorted(totals)
    assert f"list price of {cost.TABLE['as_of']}" in done.stdout


def test_every_price_has_its_page_and_is_used():
    text = (INFRA / "cost.py").read_text("utf-8") + (INFRA / "profiles.json").read_text("utf-8")
    assert len(cost.TABLE["prices"]) > 25
    for name, entry in cost.TABLE["prices"].items():
        assert entry["page"].startswith("cloud.google.com/"), name
        assert f'"{name}"' in text, f"{name} is priced and nobody uses it"
    assert cost.TABLE["as_of"] in README


def test_quantities_are_those_of_the_plan(plans):
    for profile in PROFILES:
        volume = cost.TABLE["volumes"][profile]
        plan = plans[profile]
        policies = resources(plan, "google_monitoring_alert_policy")
        secrets = resources(plan, "google_secret_manager_secret")
        assert volume["alert_conditions"] == sum(len(p["conditions"]) for p in policies)
        assert volume["dns_zones"] == len(resources(plan, "google_dns_managed_zone"))
        assert volume["secret_versions"] == len(secrets)
        cadence = "large" if profile == "production" else "small"
        assert volume["scheduler_jobs"] == len(model()["cadences"][cadence]["jobs"])


def test_sizes_are_those_of_the_plan(plans):
    for profile in PROFILES:
        disks = [
            d for d in resources(plans[profile], "google_compute_disk") if "kafka" in d["name"]
        ]
        assert {d["size"] for d in disks} == {cost.PROFILES[profile]["broker_disk_gb"]}


def test_cost_refuses_an_unknown_profile():
    done = subprocess.run(
        [sys.executable, INFRA / "cost.py", "huge"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "no profile huge" in done.stderr
