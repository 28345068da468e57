"""Airflow runs in an environment of its own; the tests ask it through a script."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
for folder in ("local_stack", "composer_dags", "tests/batch", "tests/dags"):
    if str(ROOT / folder) not in sys.path:
        sys.path.insert(0, str(ROOT / folder))


@pytest.fixture(scope="session", params=["local", "gcp"])
def bag(request, tmp_path_factory) -> dict:
    """What Airflow says of every DAG, once per target."""
    from airflow_script import DAGS, GCP, LOCAL, run_airflow

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
