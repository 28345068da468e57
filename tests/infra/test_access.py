"""Who may do what: least privilege over every IAM binding of every profile."""

import pytest
from infra_support import dag_environment, resources

BASIC = {"roles/owner", "roles/editor", "roles/viewer"}
PUBLIC = {"allUsers", "allAuthenticatedUsers"}

PROJECT_ROLES = {
    "airflow": {
        "roles/bigquery.jobUser",
        "roles/dataproc.editor",
        "roles/logging.logWriter",
        "roles/monitoring.metricWriter",
    },
    "batch": {
        "roles/bigquery.jobUser",
        "roles/cloudsql.client",
        "roles/cloudsql.instanceUser",
        "roles/dataproc.worker",
    },
    "bridge": {"roles/logging.logWriter", "roles/monitoring.metricWriter"},
    "fn-build": {"roles/logging.logWriter", "roles/storage.objectViewer"},
    "kafka": {"roles/logging.logWriter", "roles/monitoring.metricWriter"},
    "stream": {
        "roles/bigquery.jobUser",
        "roles/cloudsql.client",
        "roles/cloudsql.instanceUser",
        "roles/dataproc.worker",
        "roles/monitoring.metricWriter",
    },
}
"""Everything that an account may do in the whole project; the rest is bound to one resource."""


def bindings(plan):
    found = [r for r in resources(plan) if r["type"].endswith(("_iam_member", "_iam_binding"))]
    assert len(found) > 40
    return found


def test_no_role_covers_more_than_its_purpose(plan):
    roles = {binding["role"] for binding in bindings(plan)}
    assert not roles & BASIC
    assert not {role for role in roles if role.endswith((".admin", "Admin"))}


def test_nothing_is_public(plan):
    assert not {binding["member"] for binding in bindings(plan)} & PUBLIC


def test_bindings_add_and_never_overwrite(plan):
    authoritative = [
        r["address"] for r in resources(plan) if r["type"].endswith(("_iam_binding", "_iam_policy"))
    ]
    assert not authoritative


def test_datasets_have_access_entries_only(plan):
    """An IAM policy on a dataset would remove its authorised datasets."""
    kinds = {r["type"] for r in resources(plan)}
    assert not {kind for kind in kinds if kind.startswith("google_bigquery_dataset_iam")}
    entries = resources(plan, "google_bigquery_dataset_access")
    named = [e for e in entries if e["role"]]
    assert {e["role"] for e in named} == {"roles/bigquery.dataEditor", "roles/bigquery.dataViewer"}
    viewers = [e for e in named if e["role"] == "roles/bigquery.dataViewer"]
    assert [(e["dataset_id"], e["group_by_email"]) for e in viewers] == [
        ("marts", "analysts@example.com")
    ]
    assert all(
        e["user_by_email"].endswith(".gserviceaccount.com") for e in named if e not in viewers
    )
    views = [e["dataset_id"] for e in entries if not e["role"]]
    assert sorted(views) == ["raw", "snapshots", "staging"]


def test_project_wide_roles_are_the_listed_ones(plan):
    found: dict[str, set[str]] = {}
    for binding in resources(plan, "google_project_iam_member"):
        if binding["member"].startswith("group:"):
            continue
        account = binding["member"].removeprefix("serviceAccount:coincap-").split("@")[0]
        found.setdefault(account, set()).add(binding["role"])
    expected = {**PROJECT_ROLES}
    kinds = {r["type"] for r in resources(plan)}
    if "google_composer_environment" in kinds:
        expected["airflow"] = expected["airflow"] | {"roles/composer.worker"}
    if "google_cloud_run_v2_service" in kinds:
        expected["grafana"] = {"roles/cloudsql.client", "roles/cloudsql.instanceUser"}
    assert found == expected


def test_rights_on_one_database_or_bucket_are_bound_by_a_condition(plan):
    wide = resources(plan, "google_project_iam_member")
    narrow = [b for b in wide if b["role"].startswith(("roles/cloudsql.", "roles/storage."))]
    assert narrow
    assert all(b["condition"] for b in narrow)


def test_each_workload_has_its_own_account(plan):
    accounts = {a["account_id"] for a in resources(plan, "google_service_account")}
    accounts.discard("coincap-grafana")
    assert accounts == {
        f"coincap-{name}"
        for name in ("airflow", "batch", "bridge", "fn-backfill", "fn-build", "fn-poll",
                     "fn-replay", "kafka", "scheduler", "stream")
    }  # fmt: skip
    machines = resources(plan, "google_compute_instance_template", "google_dataproc_cluster")
    assert machines


def test_only_the_polling_functions_read_the_api_key(plan):
    readers = [
        b
        for b in resources(plan, "google_secret_manager_secret_iam_member")
        if b["secret_id"] == "coincap-coincap-api-key"
    ]
    assert {b["member"].split(":")[1].split("@")[0] for b in readers} == {
        "coincap-fn-poll",
        "coincap-fn-backfill",
    }


@pytest.mark.parametrize("client", ["bridge", "stream"])
def test_a_kafka_client_reads_its_own_password_only(plan, client):
    member = f"serviceAccount:coincap-{client}@test-project.iam.gserviceaccount.com"
    found = {
        (b["secret_id"], b["role"])
        for b in resources(plan, "google_secret_manager_secret_iam_member")
        if b["member"] == member
    }
    accessor = "roles/secretmanager.secretAccessor"
    assert found == {(f"coincap-kafka-{client}", accessor), ("coincap-kafka-ca-cert", accessor)}


def test_topics_have_one_writer_each(plan):
    writers: dict[str, set[str]] = {}
    for binding in resources(plan, "google_pubsub_topic_iam_member"):
        assert binding["role"] == "roles/pubsub.publisher"
        kind = "bridge" if "coincap-bridge@" in binding["member"] else "functions"
        writers.setdefault(binding["topic"], set()).add(kind)
    assert writers["coincap.alerts"] == {"bridge"}
    assert writers["coincap.dead-letter.stream"] == {"bridge"}
    assert writers["coincap.markets"] == {"functions"}
    assert all(len(kinds) == 1 for kinds in writers.values())


def test_airflow_calls_the_functions_whose_addresses_the_dags_know_and_no_other(plan):
    called = {
        b["service"]
        for b in resources(plan, "google_cloud_run_service_iam_member")
        if "coincap-airflow@" in b["member"] and b["role"] == "roles/run.invoker"
    }
    assert called == {"coincap-backfill", "coincap-replay-dead-letters"}
    known = {n for n, v in dag_environment(plan).items() if n.endswith("_URL") and v}
    assert known == {"COINCAP_BACKFILL_URL", "COINCAP_REPLAY_URL"}
