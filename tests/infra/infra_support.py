"""What the tests of infra/ share: where things are, Terraform, reading its plans."""

import hashlib
import os
import re
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
INFRA = REPOSITORY / "infra"
STAND_INS = REPOSITORY.parent / "shared" / "terraform" / "install"
"""Where the registry is out of reach: prints a CLI configuration that knows the providers."""


def missing(tool: str) -> None:
    """Skip for want of a tool on a laptop; fail in CI, where it must be there."""
    if os.environ.get("CI"):
        pytest.fail(f"{tool} is not installed, and CI must not skip what needs it")
    pytest.skip(f"{tool} is not installed")


class Terraform:
    """Runs Terraform in a folder; the result's text is in stdout."""

    def __init__(self, binary: str, environment: dict[str, str]):
        self._binary, self._environment = binary, environment

    def __call__(self, *arguments: str, folder: Path = INFRA, stdin: str | None = None):
        return subprocess.run(
            [self._binary, *arguments],
            cwd=folder,
            env=self._environment,
            input=stdin,
            capture_output=True,
            text=True,
        )


def resources(plan: dict, *types: str) -> list[dict]:
    """The planned resources of some types: address, type, name, and values under ``after``.

    A resource's own ``type`` or ``address`` hides Terraform's; ``resource_type`` is always that.
    """
    return [
        {
            "address": change["address"],
            "type": change["type"],
            "index": change.get("index"),
            **change["change"]["after"],
            "resource_type": change["type"],
        }
        for change in plan["resource_changes"]
        if change["mode"] == "managed" and (not types or change["type"] in types)
    ]


def dag_environment(plan: dict) -> dict[str, str]:
    """What the DAGs of a profile read from their environment, on Composer or on the machine."""
    for airflow in resources(plan, "google_composer_environment"):
        return airflow["config"][0]["software_config"][0]["env_variables"]
    (machine,) = resources(plan, "google_compute_instance")
    lines = machine["metadata"]["environment"].splitlines()
    return dict(line.split("=", 1) for line in lines)


LEFT_OUT = re.compile(r"(^|/)(__pycache__/|\.|target/|logs/|dbt_packages/)|\.(pyc|md|in)$")


def code_files(folder: str) -> list[str]:
    """Names below a folder of the repository that Terraform uploads, sorted."""
    root = REPOSITORY / folder
    paths = (p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())
    return sorted(p for p in paths if not LEFT_OUT.search(p))


def content_hash(folders: dict[str, str]) -> str:
    """SHA-256 over names and contents of folders, each name after its folder's prefix."""
    lines = [
        f"{prefix}{name} {hashlib.sha256((REPOSITORY / folder / name).read_bytes()).hexdigest()}"
        for prefix, folder in folders.items()
        for name in code_files(folder)
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
