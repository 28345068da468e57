"""The models as BigQuery will read them: parsed, described, without emulator-only syntax."""

import json
import re
from pathlib import Path

import pytest
import sqlglot
import yaml
from dbt_command import dbt
from sqlglot import exp

from coincap_batch.tables import LOADED

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "dbt"
MODELS = sorted((PROJECT / "models").rglob("*.sql"))
CREDITS = json.loads((ROOT / "functions/coincap/credits.json").read_text("utf-8"))
EMULATOR_ONLY = re.compile(r"read_parquet|::|\bilike\b|epoch_ms|list_|duckdb", re.IGNORECASE)


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
def test_bigquery_parses_the_model(path, compiled):
    text = compiled[path.stem]
    statement = sqlglot.parse_one(text, read="bigquery", error_level="raise")
    assert isinstance(statement, exp.Query)
    assert not EMULATOR_ONLY.search(text)


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_the_model_says_what_a_row_is(path):
    entry = described().get(path.stem)
    assert entry, f"{path.stem} has no description"
    assert "Grain - one row per" in " ".join(entry["description"].split())


@pytest.mark.parametrize("frame", ["1m", "5m", "1h", "1d"])
@pytest.mark.parametrize("kind", ["asset", "market"])
def test_candle_marts_are_shaped_alike(kind, frame, compiled):
    key = ["asset_id"] if kind == "asset" else ["exchange_id", "base_id", "quote_id"]
    text = compiled[f"{kind}_candles_{frame}"]
    columns = sqlglot.parse_one(text, read="bigquery").named_selects
    facts = ["open", "high", "low", "close", "vwap", "samples", "source"]
    assert columns == [*key, "period_start", *facts]


def test_staging_reads_only_columns_that_the_contract_has(compiled):
    from coincap.contract import record_types

    tables = {record.table: {field.column for field in record.fields} for record in record_types()}
    provenance = {
        "snapshot_id", "polled_at", "envelope_at", "api_version", "distrust", "topic", "topic_id",
        "partition", "offset", "arrived_at", "value_md5", "rows_received",
    }  # fmt: skip
    checked = 0
    for table, fields in tables.items():
        if f"stg_{table}" not in compiled or table == "asset_history":
            continue
        renamed = sqlglot.parse_one(compiled[f"stg_{table}"], read="bigquery").find_all(exp.CTE)
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


def test_a_partition_filter_stands_where_bigquery_demands_one(compiled, artefacts):
    tables = json.loads((ROOT / "infra/modules/warehouse/tables.json").read_text("utf-8"))
    demanding = {n: t["partition"] for n, t in tables.items() if t["require_partition_filter"]}
    demanding |= {table.name: table.time for table in LOADED if table.filtered}
    for node in json.loads((artefacts / "manifest.json").read_text())["nodes"].values():
        if node["config"].get("require_partition_filter"):
            demanding[node["name"]] = node["config"]["partition_by"]["field"]
    assert {"markets", "polls", "market_candles_1m", "fct_markets"} <= demanding.keys()
    readers = set()
    for name, text in compiled.items():
        for select in sqlglot.parse_one(text, read="bigquery").find_all(exp.Select):
            origin = select.args.get("from_") or select.args.get("from")
            joined = [join.this for join in select.args.get("joins") or ()]
            for table in [origin.this if origin else None, *joined]:
                # A view hands its reader's filter on; so its readers are looked at.
                named = isinstance(table, exp.Table) and table.db
                if named and table.name in demanding.keys() - {name}:
                    assert bound_on(select, demanding[table.name]), f"{name}: {table.name}"
                    readers.add(name)
    assert {"stg_markets", "stg_polls", "recon_stream_batch", "explain_samples"} <= readers


def test_a_bound_that_a_query_finds_is_no_partition_filter():
    constant = sqlglot.parse_one("select 1 from t where a and p >= timestamp '2010-01-01'")
    found = sqlglot.parse_one("select 1 from t where p >= (select max(x) from u)")
    either = sqlglot.parse_one("select 1 from t where a or p >= timestamp '2010-01-01'")
    assert bound_on(constant, "p")
    assert not bound_on(found, "p")
    assert not bound_on(either, "p")


def test_every_mart_keeps_a_contract_and_describes_every_column(artefacts):
    nodes = json.loads((artefacts / "manifest.json").read_text())["nodes"].values()
    marts = [n for n in nodes if n["resource_type"] == "model" and n["schema"] == "marts"]
    assert len(marts) > 30
    for mart in marts:
        assert mart["config"]["contract"]["enforced"], mart["name"]
        for name, column in mart["columns"].items():
            assert column["data_type"], f"{mart['name']}.{name}"
            assert column["description"], f"{mart['name']}.{name}"


def test_every_mart_of_its_own_grain_is_tested_and_exposures_name_marts(artefacts):
    manifest = json.loads((artefacts / "manifest.json").read_text())
    tested = {n["attached_node"] for n in manifest["nodes"].values()
              if n["resource_type"] == "test" and n["name"].startswith("one_row_per")}  # fmt: skip
    tables = [
        n["unique_id"] for n in manifest["nodes"].values()
        if n["resource_type"] == "model" and n["schema"] == "marts"
        and (n["config"]["materialized"] != "view" or "_candles_" in n["name"])
    ]  # fmt: skip
    assert len(tables) > 20
    assert set(tables) <= tested
    assert len(manifest["exposures"]) >= 3


def test_a_query_on_google_cloud_has_a_price_limit_and_raw_tables_go_stale(artefacts):
    profile = yaml.safe_load((PROJECT / "profiles.yml").read_text())["coincap"]["outputs"]["gcp"]
    assert profile["maximum_bytes_billed"] <= 200 * 2**30
    sources = json.loads((artefacts / "manifest.json").read_text())["sources"].values()
    late = {
        s["name"]: (s["freshness"]["warn_after"]["count"], s["freshness"]["error_after"]["count"])
        for s in sources if s["freshness"] and s["freshness"]["error_after"]["count"]
    }  # fmt: skip
    # Three hours and a day after the poll that is due by the plan of a free key.
    jobs = CREDITS["cadences"]["free"]["jobs"]
    between = {"polls": min(job["every_minutes"] for job in jobs)} | {
        endpoint: min(
            job["every_minutes"] for job in jobs
            if endpoint in {sweep["endpoint"] for sweep in job["sweeps"]}
        )
        for endpoint in ("assets", "rates", "exchanges", "markets")
    }  # fmt: skip
    assert late == {name: (m + 180, m + 1440) for name, m in between.items()}


def test_the_newest_rows_are_looked_for_over_the_slowest_cadence():
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text("utf-8"))
    slowest = max(
        job["every_minutes"] for plan in CREDITS["cadences"].values() for job in plan["jobs"]
    )
    assert project["vars"]["latest_days"] > slowest / 1440 + 7


def test_exposures_name_what_the_ready_queries_read(artefacts):
    folder = ROOT / "local_stack/queries/bigquery"
    read = {
        name for path in folder.glob("*.sql")
        for name in re.findall(r"marts\.(\w+)", path.read_text("utf-8"))
    }  # fmt: skip
    exposures = json.loads((artefacts / "manifest.json").read_text())["exposures"]
    named = exposures["exposure.coincap.ready_queries"]["depends_on"]["nodes"]
    assert {node.rpartition(".")[2] for node in named} == read
    assert len(read) > 5


def test_the_docs_are_generated_with_every_mart(emulator, artefacts, tmp_path):
    done = dbt(["docs", "generate", "--empty-catalog"], emulator.endpoint, tmp_path)
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "index.html").stat().st_size > 100_000
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert "model.coincap.rpt_market_overview" in manifest["nodes"]
