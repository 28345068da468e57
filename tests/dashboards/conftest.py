"""A serving database, filled and empty, beside the others on the tests' PostgreSQL."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))


@pytest.fixture(scope="session")
def filled(server):
    from filled import database, fill

    dsn = database(server, "dashboards_filled")
    fill(dsn, minutes=60)
    return dsn


@pytest.fixture(scope="session")
def empty(server):
    from filled import database

    return database(server, "dashboards_empty")
