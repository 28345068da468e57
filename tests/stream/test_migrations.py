"""The migrations with a login as Cloud SQL has them: no superuser, no attribute of its own."""

from pathlib import Path

import psycopg
import pytest

from coincap_jobs.database import as_writer, connect
from coincap_jobs.migrations import migrate
from embedded.places import RunFolder
from embedded.postgres import start_postgres
from embedded.processes import Supervisor

MIGRATIONS = Path(__file__).parents[2] / "dataproc_jobs" / "migrations"


@pytest.fixture
def dsn(tmp_path):
    """A server of its own (roles are a server's), its database, and the login."""
    supervisor = Supervisor(RunFolder(tmp_path))
    try:
        server = start_postgres(supervisor)[1]
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute("create role maker createrole createdb")
            admin.execute('create role "stream@p.iam" login in role maker')
            admin.execute("create database cloud owner maker")
        yield server.replace("dbname=coincap", "dbname=cloud").replace(
            "user=market_owner", "user=stream@p.iam"
        )
    finally:
        supervisor.stop_all()


def test_a_login_that_only_belongs_to_a_role_maker_migrates_and_becomes_the_writer(dsn):
    for _ in range(2):
        assert migrate(dsn, MIGRATIONS)[-1] == sorted(MIGRATIONS.glob("*.sql"))[-1].stem
    with as_writer(connect(dsn, "test")) as connection:
        assert connection.execute("select current_user").fetchone() == ("market_writer",)
        connection.execute("select market.ensure_partition('asset_ticks', date '2024-10-17')")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("drop table market.assets")
