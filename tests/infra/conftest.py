"""Terraform for the tests: found, initialised once, its plans read as JSON."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CODE = ("functions", "dataproc_jobs", "composer_dags")
for folder in (HERE, HERE.parent / "stream", *(ROOT / name for name in CODE)):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from infra_support import STAND_INS, Terraform, content_hash, missing  # noqa: E402


@pytest.fixture(scope="session")
def terraform_program() -> Terraform:
    """Terraform, not initialised anywhere yet."""
    binary = shutil.which("terraform")
    if binary is None:
        missing("terraform")
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith("TF_VAR_")
    } | {"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
    configured = Path(environment.get("TF_CLI_CONFIG_FILE", "/nonexistent")).exists()
    if not configured and STAND_INS.exists():
        done = subprocess.run([STAND_INS], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        environment["TF_CLI_CONFIG_FILE"] = done.stdout.strip()
    return Terraform(binary, environment)


@pytest.fixture(scope="session")
def terraform(terraform_program) -> Terraform:
    """Terraform, initialised in infra/."""
    done = terraform_program("init", "-backend=false", "-input=false", "-no-color")
    assert done.returncode == 0, done.stdout + done.stderr
    return terraform_program


@pytest.fixture(scope="session")
def code_hashes() -> dict[str, str]:
    """Hashes of the uploaded code as it was when the plans were made."""
    return {
        "functions": content_hash({"": "functions"}),
        "jobs": content_hash({"": "dataproc_jobs", "coincap/": "functions/coincap"}),
    }


@pytest.fixture(scope="session")
def plans(terraform, code_hashes) -> dict[str, dict]:
    """The plan of each run of infra/tests/profiles.tftest.hcl, as Terraform's JSON."""
    done = terraform("test", "-json", "-verbose", "-filter=tests/profiles.tftest.hcl")
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    faults = [m["@message"] for m in messages if m["@level"] == "error"]
    assert done.returncode == 0, faults or done.stderr
    found = {m["@testrun"]: m["test_plan"] for m in messages if m["type"] == "test_plan"}
    assert {"lean", "standard", "production", "overrides"} <= found.keys()
    return found


@pytest.fixture(params=["lean", "standard", "production"])
def plan(request, plans) -> dict:
    """The plan of each profile in turn."""
    return plans[request.param]
