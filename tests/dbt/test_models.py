"""The models as BigQuery will read them: parsed, described, without emulator-only syntax."""

import json
import re
from pathlib import Path

import pytest
import sqlglot
import yaml
from sqlglot import exp

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "dbt"
MODELS = sorted((PROJECT / "models").rglob("*.sql"))
EMULATOR_ONLY = re.compile(r"read_parquet|::|\bilike\b|epoch_ms|list_|duckdb", re.IGNORECASE)


def plain(path: Path) -> str:
    """The model with its Jinja replaced by names and values of the same kind."""
    text = path.read_text("utf-8")
    text = re.sub(r"\{\{\s*config\(.*?\)\s*\}\}", "", text, flags=re.DOTALL)
    text = re.sub(r"\{\{\s*ref\('(\w+)'\)\s*\}\}", r"marts.\1", text)
    text = re.sub(r"\{\{\s*source\('(\w+)',\s*'(\w+)'\)\s*\}\}", r"\1.\2", text)
    text = re.sub(r"\{\{\s*in_last_days.*?\}\}", "true", text)
    return re.sub(r"\{\{.*?\}\}", "1", text)


def described() -> dict[str, dict]:
    found = {}
    for file in sorted(PROJECT.rglob("*.yml")):
        content = yaml.safe_load(file.read_text("utf-8")) or {}
        for kind in ("models", "snapshots"):
            if isinstance(content.get(kind), list):
                found |= {entry["name"]: entry for entry in content[kind]}
    return found


def test_there_are_models():
    assert len(MODELS) > 30


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_bigquery_parses_the_model(path):
    statement = sqlglot.parse_one(plain(path), read="bigquery", error_level="raise")
    assert isinstance(statement, exp.Query)
    assert not EMULATOR_ONLY.search(plain(path))


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_the_model_says_what_a_row_is(path):
    entry = described().get(path.stem)
    assert entry, f"{path.stem} has no description"
    assert "Grain - one row per" in " ".join(entry["description"].split())


@pytest.mark.parametrize("frame", ["1m", "5m", "1h", "1d"])
@pytest.mark.parametrize("kind", ["asset", "market"])
def test_candle_marts_are_shaped_alike(kind, frame):
    key = ["asset_id"] if kind == "asset" else ["exchange_id", "base_id", "quote_id"]
    path = PROJECT / "models" / "marts" / f"{kind}_candles_{frame}.sql"
    columns = sqlglot.parse_one(plain(path), read="bigquery").named_selects
    facts = ["open", "high", "low", "close", "vwap", "samples", "source"]
    assert columns == [*key, "period_start", *facts]


def test_staging_reads_only_columns_that_the_contract_has():
    from coincap.contract import record_types

    tables = {record.table: {field.column for field in record.fields} for record in record_types()}
    provenance = {
        "snapshot_id", "polled_at", "envelope_at", "api_version", "distrust", "topic", "topic_id",
        "partition", "offset", "arrived_at", "value_md5", "rows_received",
    }  # fmt: skip
    checked = 0
    for table, fields in tables.items():
        path = PROJECT / "models" / "staging" / f"stg_{table}.sql"
        if not path.exists() or table == "asset_history":
            continue
        renamed = sqlglot.parse_one(plain(path), read="bigquery").find_all(exp.CTE)
        columns = next(c.this for c in renamed if c.alias == "renamed").named_selects
        assert set(columns) <= fields | provenance, table
        checked += 1
    assert checked == 6


def bound_on(select: exp.Select, column: str) -> bool:
    """Whether the rows are bound from below by a constant, not by what a query would find."""
    where = select.args.get("where")
    whole = where.this if where else None
    for part in whole.flatten() if isinstance(whole, exp.And) else [whole]:
        if isinstance(part, exp.GT | exp.GTE) and part.this == exp.column(column):
            return not part.expression.find(exp.Column, exp.Query)
    return False


def test_a_partition_filter_stands_where_bigquery_demands_one():
    tables = json.loads((ROOT / "infra/modules/warehouse/tables.json").read_text("utf-8"))
    demanding = {n: t["partition"] for n, t in tables.items() if t["require_partition_filter"]}
    readers = set()
    for path in MODELS:
        for select in sqlglot.parse_one(plain(path), read="bigquery").find_all(exp.Select):
            origin = select.args.get("from_") or select.args.get("from")
            joined = [join.this for join in select.args.get("joins") or ()]
            for table in [origin.this if origin else None, *joined]:
                if isinstance(table, exp.Table) and table.db == "raw" and table.name in demanding:
                    assert bound_on(select, demanding[table.name]), f"{path.stem}: {table.name}"
                    readers.add(path.stem)
    assert {"stg_markets", "stg_polls"} <= readers


def test_a_bound_that_a_query_finds_is_no_partition_filter():
    constant = sqlglot.parse_one("select 1 from t where a and p >= timestamp '2010-01-01'")
    found = sqlglot.parse_one("select 1 from t where p >= (select max(x) from u)")
    either = sqlglot.parse_one("select 1 from t where a or p >= timestamp '2010-01-01'")
    assert bound_on(constant, "p")
    assert not bound_on(found, "p")
    assert not bound_on(either, "p")
