"""Examples, bootstrap and workflow hold what they promise."""

import json
import re

import pytest
import yaml
from infra_support import INFRA, REPOSITORY, resources

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


def workflow() -> dict:
    return yaml.safe_load((REPOSITORY / ".github/workflows/deploy.yml").read_text("utf-8"))


def steps(job: str) -> str:
    return "\n".join(step.get("run", "") for step in workflow()["jobs"][job]["steps"])


def test_the_workflow_plans_pull_requests_and_applies_main():
    jobs = workflow()["jobs"]
    assert "github.event_name == 'pull_request'" in jobs["plan"]["if"]
    assert "head.repo.full_name == github.repository" in jobs["plan"]["if"], "no fork's code"
    assert "github.ref == 'refs/heads/main'" in jobs["apply"]["if"]
    assert "terraform plan" in steps("plan")
    assert "apply" not in steps("plan")
    assert "terraform apply" in steps("apply")
    assert jobs["apply"]["needs"] == jobs["plan"]["needs"] == "test"
    assert jobs["apply"]["environment"] == "production"
    accounts = {job: str(jobs[job]["steps"]) for job in ("plan", "apply")}
    assert "vars.GCP_PLANNER" in accounts["plan"]
    assert "vars.GCP_DEPLOYER" in accounts["apply"]


def test_the_workflow_reads_what_the_bootstrap_says():
    text = (REPOSITORY / ".github/workflows/deploy.yml").read_text("utf-8")
    given = set(re.findall(r"^ +(GCP_\w+)", (INFRA / "bootstrap/outputs.tf").read_text(), re.M))
    assert given
    assert given | {"GCP_TFVARS"} == set(re.findall(r"vars\.(GCP_\w+)", text))


ADMIN_OF = {
    "artifact_registry": "artifactregistry.admin", "bigquery": "bigquery.admin",
    "cloud_run": "run.admin", "cloud_scheduler": "cloudscheduler.admin",
    "cloudfunctions2": "cloudfunctions.admin", "composer": "composer.admin",
    "compute": "compute.admin", "dataproc": "dataproc.admin", "dns": "dns.admin",
    "iap": "iap.admin", "logging": "logging.configWriter", "monitoring": "monitoring.admin",
    "project_iam": "resourcemanager.projectIamAdmin",
    "project_service": "serviceusage.serviceUsageAdmin", "pubsub": "pubsub.admin",
    "secret_manager": "secretmanager.admin", "service_account": "iam.serviceAccountAdmin",
    "service_networking": "servicenetworking.networksAdmin", "sql": "cloudsql.admin",
    "storage": "storage.admin",
}  # fmt: skip
"""What the deployer needs to make each kind of resource."""


def test_the_deployer_may_make_everything_and_nothing_else(plans):
    kinds = {r["resource_type"] for plan in plans.values() for r in resources(plan)}
    needed = set()
    for kind in kinds - {"terraform_data"}:
        (role,) = [
            role for start, role in ADMIN_OF.items() if f"{kind}_".startswith(f"google_{start}_")
        ]
        needed.add(f"roles/{role}")
    text = (INFRA / "bootstrap/main.tf").read_text("utf-8")
    block = text.partition("deployer_roles = toset([")[2].partition("])")[0]
    # serviceAccountUser: it attaches the workloads' accounts to machines and functions.
    assert set(re.findall(r'"(roles/[\w.]+)"', block)) == needed | {"roles/iam.serviceAccountUser"}
