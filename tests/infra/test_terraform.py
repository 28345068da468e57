"""Terraform's own checks: format, validity, and what it must refuse."""

import json

import pytest
from infra_support import INFRA, resources


def test_every_file_is_formatted(terraform_program):
    done = terraform_program("fmt", "-check", "-recursive", "-diff")
    assert done.returncode == 0, done.stdout + done.stderr


def test_configuration_is_valid(terraform):
    done = terraform("validate", "-json")
    report = json.loads(done.stdout)
    assert report["valid"], report["diagnostics"]
    assert report["warning_count"] == 0, report["diagnostics"]


def test_every_profile_plans_the_whole_chain(plan):
    kinds = {r["type"] for r in resources(plan)}
    assert len(resources(plan)) > 200
    assert kinds >= {
        "google_bigquery_dataset",
        "google_cloud_scheduler_job",
        "google_cloudfunctions2_function",
        "google_compute_network",
        "google_dataproc_cluster",
        "google_monitoring_alert_policy",
        "google_pubsub_topic",
        "google_sql_database_instance",
        "google_storage_bucket",
    }


def test_a_destroy_leaves_the_data_unless_told_otherwise(plan):
    protected = resources(plan, "google_sql_database_instance", "google_bigquery_table")
    assert protected
    assert all(r["deletion_protection"] for r in protected)


@pytest.mark.parametrize("folder", sorted(p.name for p in (INFRA / "modules").iterdir()))
def test_module_is_laid_out_like_the_others(folder):
    present = {p.name for p in (INFRA / "modules" / folder).iterdir()}
    assert present >= {"variables.tf", "outputs.tf", "versions.tf"}


@pytest.mark.parametrize("file", ["airflow_vm", "cluster"])
def test_what_hangs_on_a_machine_is_replaced_with_it(terraform, file):
    done = terraform("test", "-no-color", f"-filter=tests/{file}.tftest.hcl")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    assert "3 passed, 0 failed" in done.stdout
