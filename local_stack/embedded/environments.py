"""Python environments, one per deployable: Airflow, dbt and the emulator cannot share one."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from filelock import FileLock

from embedded.errors import StackError
from embedded.places import REPOSITORY, cache

REQUIREMENTS = {
    "functions": "functions",
    "spark": "dataproc_jobs",
    "airflow": "composer_dags",
    "dbt": "dbt",
    "emulator": "local_stack/emulator",
    "peers": "tests/bench/peers",
    "stack": "local_stack",
    "tests": "tests",
}
"""Environment name to the folder whose requirements.txt defines it."""


def environment(name: str) -> Path:
    """Return the folder of an environment, made on first use from its pinned requirements.

    A changed requirements.txt makes another one. Raises StackError where the packages cannot
    be had.
    """
    requirements = REPOSITORY / REQUIREMENTS[name] / "requirements.txt"
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
    target = cache() / "environments" / f"{name}-{digest}"
    if (target / "complete").exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{target}.lock"):
        if not (target / "complete").exists():
            _make(target, requirements)
    return target


def python(name: str) -> str:
    """Return the interpreter of an environment."""
    return str(environment(name) / "bin" / "python")


def program(name: str, executable: str) -> str:
    """Return the path of a program that an environment installs."""
    return str(environment(name) / "bin" / executable)


def _make(target: Path, requirements: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    uv = os.environ.get("COINCAP_UV") or shutil.which("uv") or "uv"
    _run([uv, "venv", "--quiet", "--python", sys.executable, str(target)], requirements)
    interpreter = str(target / "bin" / "python")
    command = [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", interpreter]
    _run([*command, str(requirements)], requirements)
    (target / "complete").touch()


def _run(command: list[str], requirements: Path) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise StackError("uv is not installed; run: pip install uv") from None
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        place = requirements.relative_to(REPOSITORY)
        reason = " ".join(lines)[:300] or "no message"
        raise StackError(f"cannot install {place}: {reason}; check the network and the disk")
