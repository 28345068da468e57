"""What listens is closed to strangers: brokers by rights, Grafana by role and address."""

import re
from pathlib import Path

import first_start
import yaml

from embedded.kafka import server_properties

ROOT = Path(__file__).resolve().parents[2]
FORMS = {".yml", ".yaml", ".tf", ".tftpl", ".ini", ".toml", ".sh", ".py"}
ANONYMOUS = r"(?i)GF_AUTH_ANONYMOUS_ENABLED\W+true|\[auth\.anonymous\]\s+enabled\s*=\s*true"
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


def test_grafana_knows_everybody_who_looks():
    """On a laptop: no visitor without a name, passwords that the first start made, loopback."""
    compose = yaml.safe_load((ROOT / "local_stack/docker-compose.yml").read_text("utf-8"))
    grafana = compose["services"]["grafana"]
    environment = grafana["environment"]
    assert environment["GF_AUTH_ANONYMOUS_ENABLED"] == "false"
    assert environment["GF_USERS_ALLOW_SIGN_UP"] == "false"
    assert environment["GF_USERS_AUTO_ASSIGN_ORG_ROLE"] == "Viewer"
    assert not [name for name in environment if name.startswith("GF_AUTH_") and "PROXY" in name]
    assert all(port.startswith("127.0.0.1:") for port in grafana["ports"])
    password = Path(environment["GF_SECURITY_ADMIN_PASSWORD__FILE"])
    assert password.parent == Path("/run/coincap/secrets")
    assert password.name in first_start.TEXT
    assert "GF_SECURITY_ADMIN_PASSWORD" not in environment


def test_grafana_in_the_cloud_believes_the_proxys_signature_alone():
    """tests/infra/test_privacy.py reads the same from a plan, where Terraform is there."""
    text = (ROOT / "infra/modules/grafana/main.tf").read_text("utf-8")
    settings = dict(re.findall(r'^ +(GF_\w+) += "(.*)"$', text, re.M))
    assert settings["GF_AUTH_ANONYMOUS_ENABLED"] == "false"
    assert settings["GF_AUTH_BASIC_ENABLED"] == "false"
    assert settings["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"
    assert settings["GF_AUTH_JWT_ENABLED"] == "true"
    assert settings["GF_AUTH_JWT_JWK_SET_URL"].startswith("https://www.gstatic.com/iap/verify/")
    assert "PASSWORD" not in text


def test_no_file_of_the_repository_lets_visitors_into_grafana():
    files = [path for path in (ROOT / "local_stack").rglob("*") if path.suffix in FORMS]
    files += [path for path in (ROOT / "infra").rglob("*") if path.suffix in FORMS]
    assert len(files) > 50
    for path in files:
        if ".terraform" not in path.parts:
            found = re.search(ANONYMOUS, path.read_text("utf-8"))
            assert not found, f"{path}: {found[0]}"


def test_no_program_of_a_laptop_listens_to_the_network():
    """Every server is told its address; none is told all of them, but in a container."""
    for path in (ROOT / "local_stack" / "embedded").glob("*.py"):
        assert "0.0.0.0" not in path.read_text("utf-8"), path.name
