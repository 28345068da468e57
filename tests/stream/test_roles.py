"""PostgreSQL's roles: market_writer can do all that the jobs do, market_reader only reads."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from coincap_batch.live import _upsert
from coincap_jobs.merge import merge
from coincap_jobs.staging import temporary_tables

AT = datetime(2024, 10, 17, 12, 40, 30, tzinfo=UTC)
MD5 = "d41d8cd98f00b204e9800998ecf8427e"
MARKET = {
    "exchange_id": "binance", "base_id": "bitcoin", "quote_id": "tether", "price_usd": "67000.5",
    "updated": AT, "polled_at": AT, "snapshot_id": "markets-20241017T124000Z", "value_md5": MD5,
    "first_polled_at": AT, "first_snapshot_id": "markets-20241017T124000Z", "first_md5": MD5,
    "first_price": "67000.5", "first_weight": "1000", "polls": 1,
}  # fmt: skip
ASSET = {
    "id": "bitcoin", "price_usd": "67001", "polled_at": AT, "envelope_at": AT,
    "snapshot_id": "assets-20241017T124000Z", "value_md5": MD5, "first_polled_at": AT,
    "first_snapshot_id": "assets-20241017T124000Z", "first_md5": MD5, "first_price": "67001",
    "polls": 1,
}  # fmt: skip


@pytest.fixture
def as_role(postgres):
    """Connect as a role that owns nothing."""
    opened = []

    def connect(role: str) -> psycopg.Connection:
        opened.append(psycopg.connect(postgres.dsn, autocommit=True))
        opened[-1].execute(f"set role {role}")
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


def staged(db, target: str, values: dict) -> tuple[str, str]:
    """The row as a line of COPY, as Spark hands it to the driver."""
    query = (
        "select column_name from information_schema.columns "
        "where table_schema = 'staging' and table_name = %s order by ordinal_position"
    )
    names = [name for (name,) in db.execute(query, [target])]
    assert values.keys() <= set(names)
    texts = [str(values[n]) if n in values else "\\N" for n in names]
    return target, "\t".join(texts) + "\n"


def test_a_writer_merges_a_batch(as_role):
    db = as_role("market_writer")
    rows = [staged(db, "markets", MARKET), staged(db, "assets", ASSET)]
    with db.transaction(), db.cursor() as cursor, temporary_tables(cursor, rows) as tables:
        merged = merge(cursor, tables, timedelta(hours=24), set())
    assert merged.new_samples == 2
    for table in ("markets", "market_ticks", "market_candles_1m", "asset_candles_1m"):
        assert db.execute(f"select count(*) from market.{table}").fetchone() == (1,), table


def test_a_writer_makes_and_drops_partitions_and_staging_tables(as_role):
    db = as_role("market_writer")
    db.execute("select market.ensure_partition('asset_ticks', date '2024-10-17')")
    dropped = db.execute("select market.drop_partitions_before('asset_ticks', now())")
    assert dropped.fetchall() == [("asset_ticks_20241017",)]
    db.execute("create unlogged table staging.b1_1_1_assets (like staging.assets)")
    db.execute("drop table staging.b1_1_1_assets")


def test_a_writer_replaces_a_candle_of_the_queue(as_role):
    db = as_role("market_writer")
    db.execute("select market.ensure_partition('asset_candles_1m', date '2024-10-17')")
    minute = AT.replace(second=0)
    row = {
        "asset_id": "bitcoin", "open": 1, "high": 1, "low": 1, "close": 1, "vwap": 1, "samples": 1,
        "first_sampled_at": AT, "last_sampled_at": AT, "minute_start": minute, "market_samples": 1,
        "price_weight_sum": 1, "weight_sum": 1,
    }  # fmt: skip
    for samples in (1, 2):
        row["samples"] = samples
        db.execute(_upsert("asset_candles_1m", tuple(row)), row)
    db.execute(
        "insert into market.candle_rebuilds (candle_table, base_id, minute_start) "
        "values ('asset_candles_1m', 'bitcoin', %s)",
        [minute],
    )
    done = db.execute("update market.candle_rebuilds set done_at = now() where done_at is null")
    assert done.rowcount == 1
    assert db.execute("select samples from market.asset_candles_1m").fetchone() == (2,)


def test_a_table_of_a_later_migration_is_writable_too(postgres, as_role):
    with psycopg.connect(postgres.dsn) as owner:
        owner.execute("create table market.later (id text)")
    as_role("market_writer").execute("insert into market.later values ('x')")


FORBIDDEN = {
    "market_writer": (
        "create table market.mine (id text)",
        "drop table market.assets",
        "delete from market.migrations",
    ),
    "market_reader": (
        "insert into market.candle_rebuilds (candle_table, base_id, minute_start) "
        "values ('asset_candles_1m', 'bitcoin', now())",
        "update market.assets set price_usd = 0",
        "delete from market.asset_candles_1m",
        "create table staging.mine (id text)",
        "select market.ensure_partition('asset_ticks', date '2024-10-17')",
        "select market.drop_partitions_before('asset_ticks', now())",
    ),
}


@pytest.mark.parametrize("role", FORBIDDEN)
def test_a_role_can_do_no_more(as_role, role):
    db = as_role(role)
    for statement in FORBIDDEN[role]:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.execute(statement)
