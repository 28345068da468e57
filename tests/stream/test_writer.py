"""The stream and what runs beside it write as market_writer, whatever their login may do."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from harness import Driver, asset, in_partitions, market, message

from coincap_jobs import staging
from coincap_jobs.archive import Archive, bronze_path, ensure_bronze
from coincap_jobs.database import as_writer, connect
from coincap_jobs.derived import Derived
from coincap_jobs.fence import Fence
from coincap_jobs.watch import Watcher

MIGRATIONS = Path(__file__).parents[2] / "dataproc_jobs" / "migrations"
AT = "2024-10-17T12:31:00.000Z"
FORBIDDEN = (
    "alter table market.markets add column mine text",
    "alter table market.markets disable trigger all",
    "drop table market.markets",
    "truncate market.markets",
    "create table market.mine (id text)",
    "create or replace view market.v1_latest_markets as select 1 as x",
    "drop function market.ensure_partition(text, date)",
    "delete from market.migrations",
    "create role mine superuser",
)


@pytest.fixture
def signed(postgres):
    """A database whose tables note who wrote each row."""
    with psycopg.connect(postgres.dsn) as owner:
        for table in ("markets", "asset_candles_1m", "stream_progress"):
            owner.execute(f"alter table market.{table} add column writer text default current_user")
    return postgres.dsn


def writers(dsn: str, table: str) -> set[tuple]:
    with psycopg.connect(dsn) as owner:
        return set(owner.execute(f"select distinct writer from market.{table}"))


def role(connection: psycopg.Connection) -> str:
    return connection.execute("select current_user").fetchone()[0]


@pytest.mark.parametrize("autocommit", [False, True])
def test_no_statement_of_the_stream_changes_the_schema(postgres, autocommit):
    with connect(postgres.dsn, "test", autocommit=autocommit) as connection:
        as_writer(connection)
        for statement in FORBIDDEN:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
            connection.rollback()
            assert role(connection) == "market_writer"


def test_serve_and_archive_write_as_the_writer(spark, signed, tmp_path):
    driver = Driver(spark, signed)
    placed = in_partitions([message("markets", market(), AT), message("assets", asset(), AT)])
    driver.process(placed, 0)
    driver.serve.connection.close()
    driver.serve._reconnect()
    assert role(driver.serve.connection) == "market_writer"
    lake = str(tmp_path / "lake")
    ensure_bronze(spark, lake)
    fence = Fence(spark, bronze_path(lake))
    archive = Archive(lake, signed, 1, driver.serve.topic_ids, {}, driver.plan, fence)
    archive.process(driver.frame(placed), 0)
    driver.close()
    for table in ("markets", "asset_candles_1m", "stream_progress"):
        assert writers(signed, table) == {("market_writer",)}, table
    with psycopg.connect(signed) as owner:
        queries = owner.execute("select query from market.stream_progress order by 1").fetchall()
    assert queries == [("archive",), ("serve",)]


def test_a_task_stages_as_the_writer_and_leftovers_of_the_owner_go_too(spark, postgres):
    lines = spark.createDataFrame([("dead_letter_replays", "x\n")], "target string, line string")
    staged = staging.copy_from_executors(lines, postgres.dsn, "b1_1", 1)
    (name,) = staged["dead_letter_replays"]
    with psycopg.connect(postgres.dsn) as owner:
        query = "select tableowner from pg_tables where schemaname = 'staging' and tablename = %s"
        assert owner.execute(query, [name]).fetchone() == ("market_writer",)
        owner.execute("create table staging.b1_2_3_assets (like staging.assets)")
    with as_writer(connect(postgres.dsn, "test")) as connection:
        assert staging.drop_leftovers(connection) == 2
        assert role(connection) == "market_writer"


def test_what_is_derived_and_measured_is_written_by_the_writer(spark, postgres):
    with Derived(spark, postgres.dsn, "127.0.0.1:1", {}, 0) as derived:
        derived.refresh()
        assert role(derived._connection) == "market_writer"
    watcher = SimpleNamespace(
        _dsn=postgres.dsn, _window=timedelta(hours=24), _connection=None
    )  # the broker that a watcher measures at plays no part
    with Watcher._connected(watcher) as connection:
        assert role(connection) == "market_writer"


def test_a_login_without_the_role_goes_on_as_itself(postgres):
    with psycopg.connect(postgres.dsn, autocommit=True) as owner:
        owner.execute("drop role if exists stranger")
        owner.execute("create role stranger login")
    with connect(postgres.dsn.replace("market_owner", "stranger"), "test") as connection:
        assert role(as_writer(connection)) == "stranger"


def test_a_role_that_only_made_the_writer_may_become_it(postgres):
    """As on Cloud SQL, where the owner is no superuser."""
    migration = MIGRATIONS / "0008_stream_role.sql"
    with psycopg.connect(postgres.dsn) as owner:
        owner.execute("create role maker login createrole")
        owner.execute("grant market_writer to maker with admin true, inherit false, set false")
    with connect(postgres.dsn.replace("market_owner", "maker"), "test") as connection:
        assert role(as_writer(connection)) == "maker"
        connection.execute(migration.read_text("utf-8"))
        assert role(as_writer(connection)) == "market_writer"
    with psycopg.connect(postgres.dsn) as owner:
        owner.execute("drop owned by maker; drop role maker")
