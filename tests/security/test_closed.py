"""What listens is closed to strangers: brokers by rights, Grafana by role and address."""

import re
from pathlib import Path

import yaml

from embedded.kafka import server_properties

ROOT = Path(__file__).resolve().parents[2]
SECURITY = ROOT / "infra/modules/kafka/templates/security.properties.tftpl"


def properties(text: str) -> dict[str, str]:
    lines = [line for line in text.splitlines() if "=" in line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def test_a_broker_refuses_what_no_right_allows():
    """The cloud's brokers; tests/infra/test_cluster.py tries it on a running cluster."""
    rules = properties(SECURITY.read_text("utf-8"))
    assert rules["authorizer.class.name"].endswith("StandardAuthorizer")
    assert rules["allow.everyone.if.no.acl.found"] == "false"
    assert set(rules["super.users"].split(";")) == {"User:kafka-broker", "User:admin"}
    assert rules["sasl.enabled.mechanisms"] == "SCRAM-SHA-512"
    assert rules["listener.name.internal.ssl.client.auth"] == "required"
    assert rules["listener.name.controller.ssl.client.auth"] == "required"


def test_a_laptops_broker_listens_on_loopback_only():
    rules = properties(server_properties(9092, 9093, "data"))
    for name in ("listeners", "advertised.listeners"):
        for listener in rules[name].split(","):
            assert re.fullmatch(r"[A-Z]+://127\.0\.0\.1:\d+", listener), listener
    assert rules["auto.create.topics.enable"] == "false"


def test_grafana_lets_a_visitor_look_and_nothing_else():
    compose = yaml.safe_load((ROOT / "local_stack/docker-compose.yml").read_text("utf-8"))
    grafana = compose["services"]["grafana"]
    environment = grafana["environment"]
    assert environment.get("GF_AUTH_ANONYMOUS_ORG_ROLE", "Viewer") == "Viewer"
    assert all(port.startswith("127.0.0.1:") for port in grafana["ports"])
    assert environment["GF_SECURITY_ADMIN_PASSWORD__FILE"].startswith("/run/")
    assert "GF_SECURITY_ADMIN_PASSWORD" not in environment


def test_no_program_of_a_laptop_listens_to_the_network():
    """Every server is told its address; none is told all of them, but in a container."""
    for path in (ROOT / "local_stack" / "embedded").glob("*.py"):
        assert "0.0.0.0" not in path.read_text("utf-8"), path.name
