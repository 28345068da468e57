"""Nothing is reachable from outside, nothing secret is in the plan, nothing goes unprotected."""

import ipaddress
import json
import re

from infra_support import resources

KEY = "0123456789abcdef0123"


def only(plan, kind):
    found = resources(plan, kind)
    assert found, kind
    return found


def test_no_machine_has_a_public_address(plan):
    for template in only(plan, "google_compute_instance_template"):
        assert not template["network_interface"][0]["access_config"], template["address"]
    for machine in resources(plan, "google_compute_instance"):
        assert not machine["network_interface"][0]["access_config"]
    for cluster in only(plan, "google_dataproc_cluster"):
        assert cluster["cluster_config"][0]["gce_cluster_config"][0]["internal_ip_only"]
    assert not resources(plan, "google_compute_router_nat", "google_compute_forwarding_rule")
    assert all(a["address_type"] == "INTERNAL" for a in only(plan, "google_compute_address"))


def test_postgres_is_private_encrypted_and_recoverable(plan):
    (instance,) = only(plan, "google_sql_database_instance")
    settings = instance["settings"][0]
    address, backup = settings["ip_configuration"][0], settings["backup_configuration"][0]
    assert address["ipv4_enabled"] is False
    assert address["ssl_mode"] == "ENCRYPTED_ONLY"
    assert not address["authorized_networks"]
    assert settings["edition"] == "ENTERPRISE"
    assert backup["enabled"]
    assert backup["point_in_time_recovery_enabled"]
    assert instance["deletion_protection"]
    assert settings["deletion_protection_enabled"]


def test_postgres_knows_iam_accounts_only(plan):
    users = only(plan, "google_sql_user")
    assert all(user["type"].startswith("CLOUD_IAM_") for user in users)
    assert not any(user.get("password") for user in users)
    roles = {u["name"]: u["database_roles"] for u in users}
    assert roles.pop("coincap-stream@test-project.iam") == ["cloudsqlsuperuser"]
    assert roles.pop("coincap-batch@test-project.iam") == ["market_writer"]
    assert "analysts@example.com" in roles
    assert all(granted == ["market_reader"] for granted in roles.values())


def test_buckets_are_closed_and_named_after_the_project(plan):
    buckets = only(plan, "google_storage_bucket")
    for bucket in buckets:
        assert bucket["uniform_bucket_level_access"]
        assert bucket["public_access_prevention"] == "enforced"
        assert bucket["name"].startswith("test-project-")
        assert len(bucket["name"]) <= 63
    lake = next(b for b in buckets if b["name"].endswith("-lake"))
    assert not lake["force_destroy"]
    assert lake["soft_delete_policy"][0]["retention_duration_seconds"] >= 7 * 86400


def test_functions_answer_inside_the_project_only(plan):
    for function in only(plan, "google_cloudfunctions2_function"):
        service = function["service_config"][0]
        assert service["ingress_settings"] == "ALLOW_INTERNAL_ONLY"
        assert "COINCAP_API_KEY" not in service["environment_variables"]


def test_subnet_reaches_google_privately_and_logs_its_flows(plan):
    (subnet,) = only(plan, "google_compute_subnetwork")
    assert subnet["private_ip_google_access"]
    assert subnet["log_config"]
    (network,) = only(plan, "google_compute_network")
    assert network["delete_default_routes_on_create"]
    routes = {route["dest_range"] for route in only(plan, "google_compute_route")}
    assert routes == {"199.36.153.8/30"}


def test_firewall_denies_both_ways_and_opens_no_door_to_the_world(plan):
    rules = only(plan, "google_compute_firewall")
    denied = {r["direction"] for r in rules if r["deny"] and r["priority"] == 65534}
    assert denied == {"INGRESS", "EGRESS"}
    for rule in rules:
        if rule["allow"] and rule["direction"] == "INGRESS":
            ranges = [ipaddress.ip_network(r) for r in rule["source_ranges"] or []]
            assert all(r.prefixlen >= 16 for r in ranges), rule["name"]
            assert rule["source_tags"] or rule["target_tags"], rule["name"]


def test_composer_is_private(plans):
    (airflow,) = only(plans["standard"], "google_composer_environment")
    config = airflow["config"][0]
    assert config["enable_private_environment"]
    assert config["enable_private_builds_only"]


def test_api_key_is_in_no_plan(plans):
    for name, plan in plans.items():
        changes = json.dumps([plan["resource_changes"], plan["output_changes"]])
        assert KEY not in changes, name


def test_secrets_stay_in_the_region_and_have_no_value_in_state(plan):
    for secret in only(plan, "google_secret_manager_secret"):
        replicas = secret["replication"][0]["user_managed"][0]["replicas"]
        assert [replica["location"] for replica in replicas] == ["europe-west1"]
    (version,) = only(plan, "google_secret_manager_secret_version")
    assert version["secret_data"] is None
    assert version["secret_data_wo_version"] is not None


def test_machines_start_from_verified_images_and_take_no_project_keys(plan):
    templates = only(plan, "google_compute_instance_template")
    for template in templates:
        shield = template["shielded_instance_config"][0]
        assert shield["enable_secure_boot"]
        assert template["metadata"]["block-project-ssh-keys"] == "true"
        assert "serial-port-enable" not in template["metadata"]


def test_reading_secrets_is_audited(plan):
    (audit,) = only(plan, "google_project_iam_audit_config")
    assert audit["service"] == "secretmanager.googleapis.com"


def test_grafana_is_off_unless_asked_for_and_stands_behind_the_proxy(plans):
    assert not resources(plans["standard"], "google_cloud_run_v2_service")
    (grafana,) = only(plans["production"], "google_cloud_run_v2_service")
    assert grafana["iap_enabled"]
    (settings,) = [
        {each["name"]: each["value"] for each in container["env"]}
        for container in grafana["template"][0]["containers"]
        if container["name"] == "grafana"
    ]
    assert settings["GF_AUTH_ANONYMOUS_ENABLED"] == "false"
    claims = json.loads(settings["GF_AUTH_JWT_EXPECT_CLAIMS"])
    assert re.fullmatch(r"/projects/\S+/locations/\S+/services/coincap-grafana", claims["aud"])
    (viewer,) = only(plans["production"], "google_iap_web_cloud_run_service_iam_member")
    assert viewer["member"] == "group:analysts@example.com"
    names = {o["name"] for o in resources(plans["production"], "google_storage_bucket_object")}
    assert {n for n in names if n.startswith("dashboards/")}, "the local stack's dashboards"
