"""The stage `jars` of the Dockerfiles, step by step as they say it, without a container."""

import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest
from stack_files import IMAGES, ROOT

pytestmark = pytest.mark.slow
WANTED = {
    "bridge": {"pubsub-group-kafka-connector"},
    "spark": {"delta-spark_2.12", "spark-sql-kafka-0-10_2.12", "kafka-clients"},
}


def stage(name: str) -> list[str]:
    """Return the instructions of a Dockerfile's stage `jars`."""
    text = (IMAGES / name / "Dockerfile").read_text("utf-8")
    (found,) = re.findall(r"^FROM python:3\.11\.\S+ AS jars\n((?:.+\n)+)", text, re.M)
    return found.splitlines()


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """Return an empty environment's interpreter."""
    folder = tmp_path_factory.mktemp("jars") / "venv"
    subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, folder], check=True)
    return folder / "bin" / "python"


def test_airflow_has_the_jars_of_spark():
    assert stage("airflow") == stage("spark")


@pytest.mark.parametrize("name", sorted(WANTED))
def test_the_stage_brings_the_jars_by_its_own_requirements(name, python, tmp_path):
    env = {key: os.environ[key] for key in os.environ if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    for line in stage(name):
        word, *rest = shlex.split(line)
        if word == "COPY":
            source, target = ROOT / rest[0], tmp_path / rest[1].lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
        else:
            inside = [str(tmp_path) + each if each.startswith("/") else each for each in rest]
            programs = {"pip": ["uv", "pip"], "python": [str(python)]}
            command = [*programs[inside[0]], *inside[1:]]
            command = [each.replace("--no-cache-dir", f"--python={python}") for each in command]
            subprocess.run(command, check=True, env=env, cwd=tmp_path)
    made = {re.sub(r"-\d+(\.\d+)+\.jar$", "", path.name) for path in tmp_path.rglob("*.jar")}
    assert made >= WANTED[name]
