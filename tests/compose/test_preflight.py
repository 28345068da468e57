"""What is in the way of the compose stack is one line with the remedy; docker is a stand-in."""

import os
import shutil
import socket
import subprocess

import pytest
from stack_files import STACK

DOCKER = """#!/bin/sh
case "$1" in
  compose) echo "{version}" ;;
  info) echo "{memory}" ;;
  ps) echo "{ports}" ;;
  volume) echo "{volumes}" ;;
  run) case "$*" in
    *"coincap_secrets:/v:ro --entrypoint cat coincap/stack:local /v/version") echo "{made}" ;;
  esac ;;
esac
"""
GIB = 2**30
USUAL = {"version": "2.40.1", "memory": 16 * GIB, "ports": "", "volumes": "", "made": ""}
LIVE = "COINCAP_API_URL=https://rest.coincap.io/v3\n"
OURS = "coincap_lake\ncoincap_secrets"


@pytest.fixture
def preflight(tmp_path):
    """Run the command beside a copy of the files, with a docker that answers what a test says."""
    (tmp_path / "images").mkdir()
    for name in ("preflight", "docker-compose.yml", ".env.example", "images/first_start.py"):
        shutil.copy(STACK / name, tmp_path / name)
    folder = tmp_path / "bin"
    folder.mkdir()

    def run(env="", taken=(), with_docker=True, **said):
        if with_docker:
            text = DOCKER.format(**(USUAL | said))
            (folder / "docker").write_text(text)
            (folder / "docker").chmod(0o755)
        free = {f"COINCAP_PORT_{name}": str(port) for name, port in free_ports(taken).items()}
        if env:
            (tmp_path / ".env").write_text(env)
        given = {"PATH": f"{folder}:/usr/bin:/bin", "HOME": os.environ["HOME"], **free}
        done = subprocess.run(
            [shutil.which("python3"), str(tmp_path / "preflight")],
            env=given, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr.splitlines()

    return run


def free_ports(taken):
    """Return a free port for each name, but for those that the test holds itself."""
    names = ("GRAFANA", "POSTGRES", "KAFKA", "SPARK", "STREAM", "AIRFLOW", "SIMULATOR",
             "BIGQUERY", "PUBSUB", "CONSOLE")  # fmt: skip
    found = {}
    for name in names:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            found[name] = probe.getsockname()[1]
    return found | dict(taken)


def test_a_machine_that_has_all_may_start_without_an_env_file(preflight):
    code, said, wrong = preflight()
    assert (code, wrong) == (0, [])
    assert "no .env: the simulator is polled" in said
    assert "nothing is in the way" in said


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"version": "2.17.2"}, "Docker Compose is 2.17.2, 2.24 is needed: update Docker"),
        ({"version": "v1.29"}, "Docker Compose is v1.29, 2.24 is needed: update Docker"),
        ({"version": ""}, "Docker Compose does not answer: install Docker"),
        ({"with_docker": False}, "Docker Compose does not answer: install Docker"),
        ({"memory": 4 * GIB}, "Docker has 4.0 GiB of memory, 8 are needed"),
        ({"memory": ""}, "the Docker engine does not answer: start it"),
        ({"env": "COINCAP_PLANS=free\n"}, ".env sets COINCAP_PLANS, which nothing reads"),
        (
            {"env": f"{LIVE}COINCAP_API_KEY=k\nCOINCAP_PLAN=everything\n"},
            "COINCAP_PLAN=everything is for the simulator alone, https://rest.coincap.io/v3 would",
        ),
        ({"env": LIVE}, "COINCAP_API_URL is https://rest.coincap.io/v3, without a key: set"),
        ({"env": "COINCAP_API_KEY=k\n"}, "COINCAP_API_KEY is set, but the simulator is polled"),
        (
            {"volumes": OURS, "made": "0"},
            "the volumes are of version 0, this is 2: export what you need, then: docker compose",
        ),
        ({"taken": {"KAFKA": "many"}}, "COINCAP_PORT_KAFKA=many is no port"),
    ],
)
def test_what_is_in_the_way_is_one_line_with_the_remedy(preflight, given, line):
    code, said, wrong = preflight(**given)
    assert code == 1
    assert len(wrong) == 1
    assert wrong[0].startswith(f"error: {line}")
    assert "nothing is in the way" not in said


@pytest.mark.parametrize(("volumes", "made"), [(OURS, "2"), (OURS, ""), ("other_secrets", "0")])
def test_volumes_of_this_version_or_of_nobody_are_not_in_the_way(preflight, volumes, made):
    assert preflight(volumes=volumes, made=made)[0] == 0


def test_a_taken_port_is_named_with_the_setting_that_moves_it(preflight):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        code, _, wrong = preflight(taken={"GRAFANA": port})
        assert code == 1
        remedy = "set COINCAP_PORT_GRAFANA to a free one in local_stack/.env"
        assert wrong == [f"error: port {port} is taken: {remedy}"]
        # Our own container may hold it.
        assert preflight(taken={"GRAFANA": port}, ports=f"127.0.0.1:{port}->3000/tcp")[0] == 0
