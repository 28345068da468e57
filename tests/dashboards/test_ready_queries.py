"""The ready queries: each asks its question in its first line, is listed, runs and answers."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import psycopg
import pytest
import yaml
from psycopg.rows import dict_row

from panels.catalogue import PARAMETER
from panels.parameters import defaults

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "local_stack" / "queries"
POSTGRESQL = sorted((FOLDER / "postgresql").glob("*.sql"))
BIGQUERY = sorted((FOLDER / "bigquery").glob("*.sql"))
GIVEN = defaults("bitcoin") | {"currency": "euro"}


def test_there_are_the_twenty_questions():
    assert [path.name[:2] for path in POSTGRESQL] == [f"{n:02d}" for n in range(1, 21)]
    assert [path.name[:2] for path in BIGQUERY] == [f"{n:02d}" for n in range(1, 17)]


@pytest.mark.parametrize("path", POSTGRESQL + BIGQUERY, ids=lambda path: path.stem)
def test_a_query_asks_its_question_and_the_page_lists_it(path):
    first = path.read_text("utf-8").splitlines()[0]
    assert re.match(r"-- .*[?.(%)a-z]$", first)
    assert "?" in first
    page = (FOLDER / "README.md").read_text("utf-8")
    assert f"| [{path.name}]({path.parent.name}/{path.name}) | {first[3:]} |" in page


@pytest.mark.parametrize("path", POSTGRESQL, ids=lambda path: path.stem)
def test_an_analyst_gets_an_answer(path, filled):
    statement = path.read_text("utf-8").replace("%", "%%")
    statement = PARAMETER.sub(lambda match: f"%({match[1]})s", statement)
    with psycopg.connect(filled, row_factory=dict_row) as db:
        db.execute("set role market_reader")
        found = db.execute(statement, GIVEN).fetchall()
    assert found
    assert any(value is not None for value in found[0].values())


def test_the_figures_are_right_where_they_can_be_worked_out_by_hand(filled):
    with psycopg.connect(filled, row_factory=dict_row) as db:

        def answer(name: str) -> list[dict]:
            path = next(p for p in POSTGRESQL if name in p.name)
            statement = path.read_text("utf-8").replace("%", "%%")
            statement = PARAMETER.sub(lambda match: f"%({match[1]})s", statement)
            return db.execute(statement, GIVEN).fetchall()

        shares = db.execute(
            "select 100 * volume_usd / sum(volume_usd) over () as share from market.exchanges"
        ).fetchall()
        hhi = sum(float(row["share"]) ** 2 for row in shares)
        assert float(answer("concentration")[0]["hhi"]) == pytest.approx(hhi, abs=0.01)
        assert sum(row["dominance_percent"] for row in answer("dominance")) == pytest.approx(
            100, abs=0.01
        )
        assert sum(r["share_percent"] for r in answer("liquidity")) == pytest.approx(100, abs=0.01)
        assert float(answer("currency")[0]["price"]) == pytest.approx(66982.63 / 1.0861)
        assert {r["id"]: float(r["deviation_bps"]) for r in answer("peg")} == pytest.approx(
            {"tether": -3.0, "usd-coin": 2.0}
        )
        fall = answer("drawdown")[0]
        assert float(fall["drawdown_percent"]) == pytest.approx(
            float(100 * (fall["low"] / fall["peak"] - 1)), abs=1e-4
        )
        missing = {r["exchange_id"]: r["missing"] for r in answer("missing_pairs")}
        assert missing["binance"] == 24 - 11


def test_the_page_says_how_psql_is_given_every_stablecoin_of_the_seed(filled):
    psql = shutil.which("psql") or pytest.skip("psql is not on the PATH")
    page = (FOLDER / "README.md").read_text("utf-8")
    (script,) = [each for each in re.findall(r"```bash\n(.*?)```", page, re.S) if "pegs=" in each]
    script = re.sub(r'psql "[^"]*"', f'"{psql}" --tuples-only --no-align "{filled}"', script)
    with psycopg.connect(filled) as db:
        asset = "id, price_usd, polled_at, snapshot_id, value_md5, envelope_at"
        db.execute(
            f"insert into market.assets ({asset}) select 'gemini-dollar', 0.98, polled_at,"
            " snapshot_id, value_md5, envelope_at from market.assets where id = 'tether'"
        )
    try:
        said = run(["bash", "-c", script], ROOT).splitlines()
    finally:
        with psycopg.connect(filled) as db:
            db.execute("delete from market.assets where id = 'gemini-dollar'")
    assert [line.split("|")[0] for line in said] == ["gemini-dollar", "tether", "usd-coin"]
    assert said[0].split("|")[2:4] == ["1", "-200.00"]


@pytest.mark.parametrize("path", BIGQUERY, ids=lambda path: path.stem)
def test_a_warehouse_query_names_marts_and_columns_that_dbt_builds(path):
    text = re.sub(r"--.*|'[^']*'|@\w+", "", path.read_text("utf-8"))
    marts = set(re.findall(r"marts\.(\w+)", text))
    columns = {
        model["name"]: {column["name"] for column in model.get("columns", [])}
        for path in sorted((ROOT / "dbt" / "models").glob("*/*.yml"))
        for model in yaml.safe_load(path.read_text("utf-8")).get("models", [])
    }
    assert marts
    assert marts <= set(columns)
    words = set(re.findall(r"\b[a-z]+_[a-z0-9_]+\b(?!\()", text))
    aliases = set(re.findall(r"\bas (\w+)", text))
    known = set().union(*(columns[mart] for mart in marts))
    assert words - aliases - marts <= known


def snippets() -> list[str]:
    page = (FOLDER / "README.md").read_text("utf-8")
    return re.findall(r"```python\n(.*?)```", page, re.S)


@pytest.fixture
def export(filled, tmp_path):
    """The folder in which ``build/export`` holds the markets, as the demo exports them."""
    folder = tmp_path / "build" / "export" / "market"
    folder.mkdir(parents=True)
    columns = "exchange_id text, base_id text, volume_usd_24hr decimal(38,18)"
    with psycopg.connect(filled) as db, duckdb.connect() as out:
        found = db.execute("select exchange_id, base_id, volume_usd_24hr from market.markets")
        out.execute(f"create table m ({columns})")
        out.executemany("insert into m values (?, ?, ?)", found.fetchall())
        out.execute(f"copy m to '{folder}/markets.parquet'")
    return tmp_path


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_snippet_for_duckdb_reads_an_export(export):
    script = f"{snippets()[0]}\nassert volumes.fetchall()[0][0] == 'binance'"
    assert "binance" in run([sys.executable, "-c", script], export)


@pytest.mark.slow
def test_the_snippet_for_pandas_and_polars_adds_without_losing_a_digit(export, filled):
    uv = shutil.which("uv") or pytest.skip("uv is not on the PATH")
    packages = ("pandas==2.3.3", "polars==1.35.2", "pyarrow==22.0.0")
    words = [word for package in packages for word in ("--with", package)]
    said = run(
        [uv, "run", "--no-project", "--python", "3.11", *words, "python", "-c", snippets()[1]],
        export,
    )
    with psycopg.connect(filled) as db:
        (exact,) = db.execute(
            "select sum(volume_usd_24hr) from market.markets where exchange_id = 'binance'"
        ).fetchone()
    assert said.count(str(exact)) == 2
