"""No field list is written twice: every derived form agrees with the schemas."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from coincap.contract import RECORD_NAMES, record_type, record_types, schema, snake_case
from coincap.derive import bigquery, migration, spark
from coincap.derive import postgres as pg
from coincap.topics import topics
from coincap_jobs.merge import LATEST
from coincap_jobs.reduce import first_columns, table_columns

ROOT = Path(__file__).resolve().parents[2]


def test_every_schema_file_is_a_record_type():
    files = {path.stem for path in (ROOT / "functions/coincap/schemas").glob("*.json")}
    assert files == set(RECORD_NAMES)


@pytest.mark.parametrize("record", record_types(), ids=lambda r: r.name)
def test_all_forms_have_the_same_columns_in_the_same_order(record):
    names = [snake_case(name) for name in schema(record.name)["properties"]]
    assert names
    assert [c.split()[0] for c in pg.columns(record)] == names
    assert [c["name"] for c in bigquery.table_schema(record)] == names
    assert [c.split("`")[1] for c in spark.stored_ddl(record).split(", ")] == names


@pytest.mark.parametrize("record", record_types(), ids=lambda r: r.name)
def test_money_is_exact_in_every_form(record):
    for field, column, bq in zip(
        record.fields, pg.columns(record), bigquery.table_schema(record), strict=True
    ):
        exact = field.kind == "decimal"
        assert ("numeric(38,18)" in column) == exact
        assert (bq.get("scale") == "18") == exact
    for text in (spark.stored_ddl(record), spark.wire_ddl(record)):
        assert "DOUBLE" not in text
        assert "FLOAT" not in text


COLUMNS = """
select a.attname, format_type(a.atttypid, a.atttypmod)
from pg_attribute a where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped
order by a.attnum
"""
PG_NAMES = {"timestamptz": "timestamp with time zone", "numeric(20,0)": "numeric(20,0)"}


def declared(definitions):
    """(name, type) of column definitions, as PostgreSQL writes them."""
    pairs = [definition.split()[:2] for definition in definitions]
    return [(name, PG_NAMES.get(kind, kind)) for name, kind in pairs]


def held(db, table):
    return db.execute(COLUMNS, [table]).fetchall()


@pytest.mark.parametrize("record", record_types(), ids=lambda r: r.name)
def test_the_migrated_database_has_the_contracts_columns(postgres, record):
    if record.name not in migration._EXTRA:
        pytest.skip("has no table in PostgreSQL")
    with psycopg.connect(postgres.dsn) as db:
        wanted = declared([*pg.columns(record), *migration._EXTRA[record.name]])
        assert sorted(wanted) == sorted(
            column for column in held(db, f"market.{record.table}") if column in wanted
        )
        if record.name in LATEST:
            staged = [*table_columns(record), *first_columns(record), "polls"]
            assert [name for name, _ in held(db, f"staging.{record.table}")] == staged


def test_a_new_field_gets_its_column_and_its_place_in_staging(postgres):
    market = record_type("market")
    name = {"name": "liquidityScore", "column": "liquidity_score"}
    added = replace(market.fields[-1], **name, kind="decimal", description="New.")
    changed = replace(market, fields=(*market.fields, added))
    with psycopg.connect(postgres.dsn) as db:
        before = held(db, "market.markets")
        for _ in range(2):
            db.execute(migration.change(changed))
        assert held(db, "market.markets") == [*before, ("liquidity_score", "numeric(38,18)")]
        staged = [*table_columns(changed), *first_columns(changed), "polls"]
        assert [name for name, _ in held(db, "staging.markets")] == staged
        assert staged.index("liquidity_score") < staged.index("polled_at")
        db.execute(migration.change(market))
        assert "liquidity_score" not in dict(held(db, "staging.markets"))


def test_names_become_snake_case():
    assert snake_case("volumeUsd24Hr") == "volume_usd_24hr"
    assert snake_case("tradesCount24Hr") == "trades_count_24hr"
    assert snake_case("vwap24Hr") == "vwap_24hr"
    assert snake_case("exchangeId") == "exchange_id"


def test_topics_and_schemas_agree_on_keys():
    for topic in topics().values():
        assert topic.key == record_type(topic.record).key
        assert topic.partitions >= 1
    for record in record_types():
        if record.topic:
            assert topics()[record.topic].record == record.name


def test_nothing_loops_through_the_bridge():
    assert {t.route for t in topics().values()} == {"to_kafka", "to_pubsub"}


def test_the_contract_imports_the_standard_library_alone():
    code = (
        "import sys, pkgutil, importlib, coincap\n"
        "for m in pkgutil.walk_packages(coincap.__path__, 'coincap.'):\n"
        "    importlib.import_module(m.name)\n"
        "bad = {n.split('.')[0] for n in sys.modules} - set(sys.stdlib_module_names)\n"
        "print(sorted(n for n in bad if not n.startswith(('_', 'coincap', 'site'))))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=ROOT / "functions", capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "[]"


def test_the_contract_works_from_a_zip(tmp_path):
    import shutil

    archive = shutil.make_archive(str(tmp_path / "coincap"), "zip", ROOT / "functions", "coincap")
    code = "from coincap.contract import record_types; print(len(record_types()))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": archive}, cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert int(done.stdout) == len(RECORD_NAMES)
