"""A serving database, filled and empty, beside the others on the tests' PostgreSQL."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))


@pytest.fixture(scope="session")
def filled(make_database):
    from filled import fill

    dsn = make_database("dashboards_filled")
    fill(dsn, minutes=60)
    return dsn


@pytest.fixture(scope="session")
def empty(make_database):
    return make_database("dashboards_empty")
