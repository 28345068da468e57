"""What Terraform reads of the contract is what the functions and jobs read of it."""

import base64
import json
import subprocess
import sys
from urllib.parse import parse_qsl, urlsplit

import pytest
from infra_support import INFRA, dag_environment, resources

from coincap.topics import topics
from coincap_dags.target import current
from ingest.cadence import as_json, credits_of, named
from ingest.run import _wanted
from ingest.settings import Settings
from ingest.tick import Tick


def test_raw_tables_agree_with_the_contract():
    done = subprocess.run(
        [sys.executable, INFRA / "raw_tables.py", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_raw_tables_are_planned_as_derived(plan):
    derived = json.loads((INFRA / "modules/warehouse/tables.json").read_text("utf-8"))
    planned = {
        t["table_id"]: json.loads(t["schema"]) for t in resources(plan, "google_bigquery_table")
    }
    assert planned == {name: table["schema"] for name, table in derived.items()}


def test_topics_and_subscriptions_follow_the_contract(plan):
    planned = {t["name"]: t for t in resources(plan, "google_pubsub_topic")}
    assert planned.keys() == topics().keys()
    for name, topic in topics().items():
        seconds = f"{topic.pubsub_retention_hours * 3600}s"
        assert planned[name]["message_retention_duration"] == seconds
    bridge = {
        s["name"]: s
        for s in resources(plan, "google_pubsub_subscription")
        if s["name"].endswith(".bridge")
    }
    to_kafka = {name for name, topic in topics().items() if topic.route == "to_kafka"}
    assert bridge.keys() == {f"{name}.bridge" for name in to_kafka}
    for subscription in bridge.values():
        assert subscription["ack_deadline_seconds"] >= 60
        assert subscription["enable_message_ordering"]
        assert not subscription["dead_letter_policy"]
        assert subscription["expiration_policy"][0]["ttl"] == ""


def test_kafka_makes_the_contracts_topics(plan):
    (broker, *_) = [
        t for t in resources(plan, "google_compute_instance_template") if "kafka" in t["tags"]
    ]
    lines = [line.split() for line in broker["metadata"]["topics"].splitlines()]
    planned = {name: (int(p), int(ms), int(size)) for name, p, ms, size, _ in lines}
    assert planned == {
        name: (t.partitions, t.kafka_retention_hours * 3_600_000, t.max_message_bytes)
        for name, t in topics().items()
    }


def test_bridge_carries_each_topic_one_way(plan):
    (bridge,) = [
        t for t in resources(plan, "google_compute_instance_template") if "bridge" in t["tags"]
    ]
    metadata = bridge["metadata"]
    for name, topic in topics().items():
        text = metadata[f"connector-{name.replace('.', '-')}"]
        kind = (
            "CloudPubSubSourceConnector"
            if topic.route == "to_kafka"
            else "CloudPubSubSinkConnector"
        )
        assert kind in text
        assert "errors.tolerance=none" in text
    assert len(metadata["connectors"].split()) == len(topics())


ENVIRONMENT = {
    "COINCAP_TARGET": "gcp", "COINCAP_LAKE": "gs://lake", "COINCAP_API_KEY": "k",
    "COINCAP_PUBLISHER": "pubsub", "COINCAP_PROJECT": "test-project",
}  # fmt: skip
PLANS = {"standard": "free", "production": "large", "overrides": "small"}


@pytest.mark.parametrize("run", PLANS)
def test_credits_are_counted_as_the_functions_count_them(plans, run):
    counted = plans[run]["output_changes"]["credits"]["after"]
    budget, jobs = named(PLANS[run])
    assert counted["by_job"] == {f"poll-{job.every_minutes}m": job.credits for job in jobs}
    assert (counted["planned"], counted["budget"]) == (credits_of(jobs), budget)


@pytest.mark.parametrize("run", PLANS)
def test_scheduler_runs_the_cadences_jobs_and_nothing_else(plans, run):
    planned = resources(plans[run], "google_cloud_scheduler_job")
    bodies = {
        job["schedule"]: json.loads(base64.b64decode(job["http_target"][0]["body"]))
        for job in planned
    }
    assert len(bodies) == len(planned)
    assert {job["time_zone"] for job in planned} == {"Etc/UTC"}
    jobs = [as_json(job) for job in named(PLANS[run])[1]]
    assert bodies == {job["cron"]: {"sweeps": job["sweeps"]} for job in jobs}
    for body in bodies.values():
        for endpoint, scope in _wanted(body):
            assert Tick(endpoint, 0, scope).snapshot_id


def test_the_scheduler_calls_again_until_a_dead_workers_lease_has_ended(plan):
    for job in resources(plan, "google_cloud_scheduler_job"):
        (retry,) = job["retry_config"]
        least, most = (int(retry[f"{end}_backoff_duration"][:-1]) for end in ("min", "max"))
        waits = [min(most, least * 2 ** min(n, retry["max_doublings"])) for n in range(5)]
        assert retry["retry_count"] == len(waits)
        assert sum(waits) > Settings.from_env(ENVIRONMENT).lease_s == 600


def test_jobs_that_are_due_together_do_not_wait_for_each_other(plan):
    jobs = len(resources(plan, "google_cloud_scheduler_job"))
    (poll,) = [
        function["service_config"][0]
        for function in resources(plan, "google_cloudfunctions2_function")
        if function["build_config"][0]["entry_point"] == "poll"
    ]
    assert poll["max_instance_count"] == min(4, jobs) > 1
    assert poll["max_instance_request_concurrency"] == 1


@pytest.mark.parametrize("run", ["standard", "overrides"])
def test_the_lake_forgets_claims_and_cools_raw_pages(plans, run):
    (lake,) = [
        bucket
        for bucket in resources(plans[run], "google_storage_bucket")
        if bucket["name"].endswith("-lake")
    ]
    rules = {
        (rule["action"][0]["type"], prefix): rule["condition"][0]["age"]
        for rule in lake["lifecycle_rule"]
        for prefix in rule["condition"][0]["matches_prefix"] or []
    }
    forever = {("Delete", "ticks/"): 14, ("SetStorageClass", "raw/"): 90}
    assert rules == forever | ({("Delete", "raw/"): 400} if run == "overrides" else {})
    folder = INFRA.parent / "functions" / "ingest"
    written = "".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    for _, prefix in rules:
        assert f'"{prefix}' in written, f"nothing writes {prefix}"


def test_looker_studios_link_opens_the_mart(plan):
    parts = urlsplit(plan["output_changes"]["looker_studio_url"]["after"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == (
        "https://lookerstudio.google.com/reporting/create"
    )
    given = dict(parse_qsl(parts.query, strict_parsing=True))
    assert given["c.mode"] == "edit"
    assert given["ds.ds0.connector"] == "bigQuery"
    assert given["ds.ds0.type"] == "TABLE"
    assert given["ds.ds0.projectId"] == given["ds.ds0.billingProjectId"] == "test-project"
    datasets = {d["dataset_id"] for d in resources(plan, "google_bigquery_dataset")}
    assert given["ds.ds0.datasetId"] == "marts"
    assert "marts" in datasets
    model = INFRA.parent / "dbt" / "models" / "marts"
    assert [path.stem for path in model.rglob(f"{given['ds.ds0.tableId']}.sql")] == [
        "rpt_market_overview"
    ]


def test_functions_take_their_environment(plan):
    functions = resources(plan, "google_cloudfunctions2_function")
    assert {f["build_config"][0]["entry_point"] for f in functions} == {
        "poll",
        "backfill",
        "replay_dead_letters",
    }
    written = (INFRA.parent / "functions" / "main.py").read_text("utf-8")
    for function in functions:
        assert f"def {function['build_config'][0]['entry_point']}(" in written
        environment = function["service_config"][0]["environment_variables"]
        settings = Settings.from_env({**environment, "COINCAP_API_KEY": "k"})
        assert settings.publisher == "pubsub"
        assert settings.lake == "gs://test-project-coincap-lake"
        assert settings.project == "test-project"
        last_answer_s = settings.deadline_s + 2 * settings.timeout_s  # headers, then the body
        assert function["service_config"][0]["timeout_seconds"] >= last_answer_s + 60


@pytest.mark.parametrize("run", ["standard", "lean"])
def test_dags_take_their_environment(plans, run):
    if run == "standard":
        (airflow,) = resources(plans[run], "google_composer_environment")
        software = airflow["config"][0]["software_config"][0]
        assert set(software["pypi_packages"]) == {"dbt-bigquery", "dbt-core"}
        assert all(version.startswith("==") for version in software["pypi_packages"].values())
    environment = dag_environment(plans[run])
    target = current(environment)
    assert target.on_gcp
    assert target.lake == "gs://test-project-coincap-lake"
    assert target.cluster == "coincap-stream"
    assert target.backfill_url
    assert target.replay_url
    # The job that asks PostgreSQL runs on the stream's cluster, as its account.
    assert target.postgres.endswith("user=coincap-stream@test-project.iam sslmode=require#iam")
    assert target.jobs.startswith("gs://test-project-coincap-code/jobs/")
    assert not [name for name in environment if not name.startswith("COINCAP_")]
    # By the most frequent job of the plan `free`: the defaults of dbt/models/staging/sources.yml.
    between = {"ASSETS": "44640", "RATES": "10080", "EXCHANGES": "10080", "MARKETS": "1440"}
    for endpoint, minutes in (between | {"POLLS": "1440"}).items():
        assert environment[f"COINCAP_MINUTES_BETWEEN_{endpoint}"] == minutes
