"""Names are unique within their kind and short enough for the services that take them."""

from collections import Counter

from infra_support import resources

LIMITS = {
    "google_service_account": ("account_id", 30),
    "google_storage_bucket": ("name", 63),
    "google_sql_database_instance": ("name", 98),
    "google_dataproc_cluster": ("name", 54),
    "google_compute_instance_group_manager": ("name", 63),
    "google_artifact_registry_repository": ("repository_id", 63),
    "google_secret_manager_secret": ("secret_id", 255),
}


def test_names_fit_for_the_longest_prefix(plans):
    plan = plans["overrides"]
    for kind, (attribute, limit) in LIMITS.items():
        found = [r[attribute] for r in resources(plan, kind)]
        assert found, kind
        assert all(len(name) <= limit for name in found), (kind, found)
        assert all(len(name) >= 6 for name in found), (kind, found)


def test_names_are_unique_within_their_kind(plan):
    for kind, (attribute, _) in LIMITS.items():
        names = Counter(r[attribute] for r in resources(plan, kind))
        assert not [name for name, times in names.items() if times > 1], kind


def test_every_name_begins_with_the_deployment(plans):
    names = [
        r["name"]
        for r in resources(plans["overrides"])
        if r["type"].startswith("google_compute_") and r.get("name")
    ]
    assert len(names) > 15
    assert all(name.startswith("coincap-dev") for name in names)
