"""A serving database, filled and empty, on an embedded PostgreSQL of its own."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
for folder in ("local_stack", "functions", "dataproc_jobs", "tests/dashboards"):
    if str(ROOT / folder) not in sys.path:
        sys.path.append(str(ROOT / folder))


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    from embedded.places import RunFolder
    from embedded.postgres import start_postgres
    from embedded.processes import Supervisor

    supervisor = Supervisor(RunFolder(tmp_path_factory.mktemp("dashboards")))
    try:
        yield start_postgres(supervisor)[1]
    finally:
        supervisor.stop_all()


@pytest.fixture(scope="session")
def filled(server):
    from filled import database, fill

    dsn = database(server, "filled")
    fill(dsn, minutes=60)
    return dsn


@pytest.fixture(scope="session")
def empty(server):
    from filled import database

    return database(server, "empty")
