"""Airflow runs in an environment of its own; the tests ask it through a script."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DAGS = ROOT / "composer_dags"
for folder in ("local_stack", "composer_dags", "tests/batch", "tests/dags"):
    if str(ROOT / folder) not in sys.path:
        sys.path.insert(0, str(ROOT / folder))

LOCAL = {
    "COINCAP_TARGET": "local",
    "COINCAP_REPO": str(ROOT),
    "COINCAP_LAKE": "/data/lake",
    "COINCAP_SPARK_SUBMIT": "/env/bin/spark-submit",
    "COINCAP_SPARK_JARS": "a.jar,b.jar",
    "COINCAP_DBT": "/env/bin/dbt",
}
GCP = {
    "COINCAP_TARGET": "gcp",
    "COINCAP_PROJECT": "demo",
    "COINCAP_LAKE": "gs://demo-lake",
    "COINCAP_JOBS": "gs://demo-code/jobs/abc",
    "COINCAP_REGION": "europe-west3",
    "COINCAP_CLUSTER": "coincap-batch",
}


def airflow_python() -> str:
    """Airflow's interpreter, installed on first use."""
    from embedded.environments import python

    return python("airflow")


def run_airflow(
    script: list[str], target: dict[str, str], home: Path
) -> subprocess.CompletedProcess:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("COINCAP_")}
    settings = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        # A cold import of the Google provider takes longer than the default on a busy machine.
        "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "250",
        "PYTHONPATH": str(DAGS),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(
        [airflow_python(), "-W", "ignore", *script],
        env={**inherited, **settings, **target},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture(scope="session", params=["local", "gcp"])
def bag(request, tmp_path_factory) -> dict:
    """What Airflow says of every DAG, once per target."""
    script = [str(Path(__file__).with_name("inspect_dags.py")), str(DAGS)]
    target = {"local": LOCAL, "gcp": GCP}[request.param]
    done = run_airflow(script, target, tmp_path_factory.mktemp("airflow"))
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1]) | {"target": request.param}


@pytest.fixture(scope="module")
def stack(tmp_path_factory, make_database, request):
    """An empty pipeline for one module: emulator, lake and database of its own."""
    from pipeline_stack import start

    dsn = make_database(f"dags_{request.module.__name__.rpartition('.')[2]}"[:60])
    running = start(tmp_path_factory.mktemp("stack"), dsn)
    yield running
    running.supervisor.stop_all()
