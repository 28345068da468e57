"""Metrics read what the workloads really print; alerts have somewhere to go."""

import json
import re

from infra_support import INFRA, REPOSITORY, resources


def source(path: str) -> str:
    return (REPOSITORY / path).read_text("utf-8")


def metrics(plan) -> dict[str, dict]:
    return {m["name"].partition("/")[2]: m for m in resources(plan, "google_logging_metric")}


def test_sweep_figures_are_members_of_the_functions_summary(plan):
    written = source("functions/ingest/sweep.py") + source("functions/ingest/rows.py")
    assert 'log.info("sweep done"' in written
    found = {
        name: re.search(r"jsonPayload\.(\w+)", metric["value_extractor"])[1]
        for name, metric in metrics(plan).items()
        if name.startswith("sweep_") and metric["value_extractor"]
    }
    assert len(found) == 6
    for member in found.values():
        assert f'"{member}"' in written or f"{member}:" in written, member


def test_stream_figures_match_its_log_lines(plan):
    written = source("dataproc_jobs/coincap_jobs/serve.py")
    assert '"batch %s: %s messages, %s new samples, %s dead letters' in written
    assert 'getLogger("coincap.serve")' in written
    said = "batch 7: 42 messages, 3 new samples, 1 dead letters, read 5 ms"
    line = f"2026-01-01 00:00:00,000 INFO coincap.serve {said}"
    found = metrics(plan)
    assert extracted(found["stream_batch_messages"], line) == "42"
    assert extracted(found["stream_dead_letters"], line) == "1"
    pattern = re.search(r'message=~"([^"]+)"', found["stream_batch_messages"]["filter"])[1]
    assert re.search(pattern, line)


def test_kafka_figures_match_the_watch_script(plan):
    written = source("infra/modules/kafka/scripts/watch.sh")
    assert "coincap_kafka under_replicated=$(" in written
    line = "coincap_kafka under_replicated=2 under_min_isr=0 sink_lag=17"
    found = metrics(plan)
    assert extracted(found["kafka_under_replicated"], line) == "2"
    assert extracted(found["kafka_sink_lag"], line) == "17"


def extracted(metric: dict, line: str) -> str:
    pattern = re.fullmatch(
        r'REGEXP_EXTRACT\(jsonPayload\.message, "(.+)"\)', metric["value_extractor"]
    )
    return re.search(pattern[1], line)[1]


def test_alerts_name_metrics_that_exist_and_reach_somebody(plan):
    own = {f"logging.googleapis.com/user/coincap/{name}" for name in metrics(plan)}
    policies = resources(plan, "google_monitoring_alert_policy")
    assert len(policies) >= 12
    for policy in policies:
        text = json.dumps(policy["conditions"])
        for name in re.findall(r"logging\.googleapis\.com/user/[\w/-]+", text):
            assert name in own, policy["display_name"]
        for name in re.findall(r"logging_googleapis_com:user_coincap_(\w+)_sum", text):
            assert name in metrics(plan), policy["display_name"]
    assert len(resources(plan, "google_monitoring_notification_channel")) == 1


def test_alerts_cover_what_the_product_promises(plan):
    titles = {p["display_name"] for p in resources(plan, "google_monitoring_alert_policy")}
    for promise in (
        "Trading pairs are missing",
        "Messages wait at the bridge",
        "The stream does not beat",
        "The live tables lag behind Kafka",
        "Rows are refused",
        "Credits run out before the month",
        "A Dataproc job failed",
    ):
        assert f"coincap: {promise}" in titles


def test_alerts_link_sections_that_the_runbook_has(plan):
    lines = (INFRA / "README.md").read_text("utf-8").splitlines()
    headings = {line.lstrip("# ").strip() for line in lines if line.startswith("#")}
    for policy in resources(plan, "google_monitoring_alert_policy"):
        (said,) = policy["documentation"]
        section = re.search(r"section \*(.+)\*: (\S+)$", said["content"])
        assert section[1] in headings, f"{policy['display_name']}: no section {section[1]}"
        anchor = section[1].lower().replace(" ", "-")
        assert section[2].endswith(f"#{anchor}")
        assert said["links"][0]["url"] == section[2]


def test_stream_figures_are_those_that_its_driver_writes(plan):
    written = source("dataproc_jobs/coincap_jobs/monitoring.py")
    prefix = re.search(r'PREFIX = "(.+)"', written)[1]
    names = set(re.findall(r'values\.append\(\("(\w+)"', written))
    assert len(names) == 5
    described = resources(plan, "google_monitoring_metric_descriptor")
    assert {d["type"] for d in described} == {f"{prefix}/{name}" for name in names}
    for descriptor in described:
        assert (descriptor["metric_kind"], descriptor["value_type"]) == ("GAUGE", "DOUBLE")
        assert {label["key"] for label in descriptor["labels"]} == {"query", "topic"}
    assert '"metricKind": "GAUGE"' in written
    assert '"type": "global"' in written
    filters = json.dumps(
        [p["conditions"] for p in resources(plan, "google_monitoring_alert_policy")]
    )
    used = set(re.findall(rf"{re.escape(prefix)}/(\w+)", filters))
    assert used == {"lag_offsets", "lag_seconds"}


def test_a_query_asks_for_one_kind_of_resource(plan):
    (dashboard,) = resources(plan, "google_monitoring_dashboard")
    tiles = json.loads(dashboard["dashboard_json"])["mosaicLayout"]["tiles"]
    charts = [t["widget"]["xyChart"]["dataSets"][0]["timeSeriesQuery"] for t in tiles]
    policies = resources(plan, "google_monitoring_alert_policy")
    asked = [c["condition_prometheus_query_language"] for p in policies for c in p["conditions"]]
    queries = [c["prometheusQuery"] for c in charts] + [q[0]["query"] for q in asked if q]
    assert len(queries) >= 12
    for query in queries:
        names = re.findall(r"[a-z]+_googleapis_com:\w+(.{20})", query)
        assert names
        assert all(rest == "{monitored_resource=" for rest in names), query


def test_dashboard_is_valid_json_over_existing_metrics(plan):
    (dashboard,) = resources(plan, "google_monitoring_dashboard")
    tiles = json.loads(dashboard["dashboard_json"])["mosaicLayout"]["tiles"]
    assert len(tiles) >= 8
    assert len({(tile["xPos"], tile["yPos"]) for tile in tiles}) == len(tiles)


def test_every_promise_has_a_service_level(plan):
    levels = {level["slo_id"]: level for level in resources(plan, "google_monitoring_slo")}
    assert set(levels) == {"freshness", "stream-lag", "polls", "completeness", "dead-letters"}
    cut = levels["completeness"]["request_based_sli"][0]["distribution_cut"][0]
    assert cut["range"][0] == {"min": 90, "max": 100}
    assert "user/coincap/sweep_completeness" in cut["distribution_filter"]
    buckets = metrics(plan)["sweep_completeness"]["bucket_options"][0]
    assert buckets["linear_buckets"][0]["num_finite_buckets"] == 100
