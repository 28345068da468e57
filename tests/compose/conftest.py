"""The compose file, as written and as Docker Compose itself resolves it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = "github.com/docker/compose/v5/cmd@v5.0.2"
for folder in ("local_stack/images", "local_stack/images/bridge", "tests/compose", "composer_dags"):
    sys.path.append(str(ROOT / folder))

from stack_files import FILE, missing  # noqa: E402


def compose_command() -> list[str] | None:
    """Return Docker Compose: the plugin, or its own program built once from its Go module."""
    docker = shutil.which("docker")
    if (
        docker
        and not subprocess.run([docker, "compose", "version"], capture_output=True).returncode
    ):
        return [docker, "compose"]
    from embedded.places import cache

    built = cache() / "compose" / "docker-compose"
    if not built.exists() and (go := shutil.which("go")):
        folder = built.parent / "build"
        env = {**os.environ, "GOBIN": str(folder), "GOFLAGS": "-buildvcs=false"}
        if subprocess.run([go, "install", COMPOSE], env=env, capture_output=True).returncode == 0:
            (folder / "cmd").rename(built)
    return [str(built)] if built.exists() else None


@pytest.fixture(scope="session")
def compose():
    return compose_command() or missing("Docker Compose", "install it, or Go to build it")


@pytest.fixture(scope="session")
def resolved(compose):
    """Return the whole file as Docker Compose reads it, without any .env."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith("COINCAP_")}
    done = subprocess.run(
        [*compose, "-f", str(FILE), "--env-file", os.devnull, "--profile", "*", "config",
         "--format", "json"],
        capture_output=True, text=True, check=False, env=plain,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "variable is not set" not in done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="session")
def services():
    return yaml.safe_load(FILE.read_text("utf-8"))["services"]


@pytest.fixture(scope="module")
def supervisor(tmp_path_factory):
    """Starts programs of this machine in a folder of their own, and ends them."""
    from embedded.places import RunFolder
    from embedded.processes import Supervisor

    made = Supervisor(RunFolder(tmp_path_factory.mktemp("run")))
    yield made
    made.stop_all()
