"""Examples, bootstrap and workflow hold what they promise."""

import json
import subprocess
import sys

import pytest
from infra_support import INFRA, REPOSITORY

from ingest.credits import model

EXAMPLES = sorted(path.relative_to(INFRA).as_posix() for path in INFRA.glob("examples/*/*.tfvars"))


def test_there_are_examples():
    assert len(EXAMPLES) >= 3


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_plans(terraform, example):
    done = terraform("test", "-no-color", "-test-directory=examples/tests", f"-var-file={example}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_what_cannot_be_paid_is_refused_with_its_numbers(terraform):
    jobs = [job | {"credits_per_run": 100} for job in model()["cadences"]["free"]["jobs"]]
    credits = json.dumps({"monthly_budget": 3000, "jobs": jobs})
    done = terraform(
        "test", "-no-color", "-test-directory=examples/tests", f"-var-file={EXAMPLES[0]}",
        f"-var=credits={credits}",
    )  # fmt: skip
    assert done.returncode == 1
    said = " ".join((done.stdout + done.stderr).replace("│", " ").split())
    assert "the polls cost 3700 credits a month" in said
    assert "poll-1440m 31 x 100 = 3100" in said
    assert "the budget is 3000, 700 too few" in said


def test_bootstrap_is_valid(terraform_program):
    folder = INFRA / "bootstrap"
    done = terraform_program("init", "-input=false", "-no-color", folder=folder)
    assert done.returncode == 0, done.stderr
    done = terraform_program("validate", "-no-color", folder=folder)
    assert done.returncode == 0, done.stderr


def test_deploy_workflow_stores_no_key():
    text = (REPOSITORY / ".github/workflows/deploy.yml").read_text("utf-8")
    assert "workload_identity_provider" in text
    assert "credentials_json" not in text
    assert "id-token: write" in text


def test_cost_prices_every_profile():
    done = subprocess.run([sys.executable, INFRA / "cost.py"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    totals = [float(line.split()[1]) for line in done.stdout.splitlines() if "total" in line]
    lean, standard, production = totals
    assert lean < standard < production
    readme = (INFRA / "README.md").read_text("utf-8")
    row = f"| **total** | **{lean:.0f}** | **{standard:.0f}** | **{production:,.0f}** |"
    assert row in readme, row


def test_cost_refuses_an_unknown_profile():
    done = subprocess.run(
        [sys.executable, INFRA / "cost.py", "huge"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "no profile huge" in done.stderr
