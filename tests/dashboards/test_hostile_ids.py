"""Whatever an id holds, a filter finds that id and does nothing else, in Grafana and the report."""

import json

import psycopg
import pytest
from as_grafana import ALL, sent
from psycopg.rows import dict_row

from grafana.__main__ import HERE
from panels import boards
from panels.parameters import defaults, grafana
from report import sources

HOSTILE = [
    "it's",
    "a,b",
    "cost$5",
    "${exchange:csv}",
    "back\\slash'",
    "x') or true; drop table market.assets; --",
    "{braces}",
    'double"quote',
]
FILTERED = [
    panel
    for board in boards()
    for panel in board.panels
    if {"asset", "asset_filter", "exchanges"} & set(panel.parameters) and panel.grafana
]
NAMES = ("asset", "exchange", "quote", "pair")


@pytest.fixture(scope="module")
def hostile(make_database):
    """A filled database in which each hostile id is an asset and an exchange."""
    from filled import fill

    dsn = make_database("dashboards_hostile")
    fill(dsn, minutes=5)
    with psycopg.connect(dsn) as db:
        for table, key, name in (("assets", "id", "name"), ("exchanges", "exchange_id", "name")):
            copied = f"insert into market.{table} select (jsonb_populate_record(row, %s)).* "
            source = f"from market.{table} as row where {key} = %s"
            like = "bitcoin" if table == "assets" else "kraken"
            for each in HOSTILE:
                db.execute(copied + source, [json.dumps({key: each, name: each}), like])
        for table in ("markets", "market_candles_1m", "asset_candles_1m", "rates"):
            where, names = {
                "asset_candles_1m": ("asset_id = 'bitcoin'", ["asset_id"]),
                "rates": ("id = 'bitcoin'", ["id"]),
            }.get(
                table,
                ("base_id = 'bitcoin' and exchange_id = 'kraken'", ["exchange_id", "base_id"]),
            )
            for each in HOSTILE:
                db.execute(
                    f"insert into market.{table} select (jsonb_populate_record(row, %s)).* "
                    f"from market.{table} as row where {where}",
                    [json.dumps(dict.fromkeys(names, each))],
                )
    return dsn


def test_there_are_filtered_panels_and_their_ids_are_quoted():
    assert len(FILTERED) >= 8
    assert all(grafana(name).endswith(":sqlstring}]") for name in ("asset_filter", "exchanges"))


@pytest.mark.parametrize("each", HOSTILE)
@pytest.mark.parametrize("panel", FILTERED, ids=lambda panel: f"{panel.board}/{panel.name}")
def test_a_hostile_id_is_found_and_nothing_else(panel, each, hostile):
    chosen = {"asset": each, "asset_filter": [each], "exchange": [each]}
    statement = sent(panel.statement(grafana), chosen)
    with psycopg.connect(hostile, row_factory=dict_row) as db:
        db.execute("set role market_reader")
        found = db.execute(statement).fetchall()
        given = defaults(each) | {
            "asset_filter": _literal(db, each),
            "exchanges": _literal(db, each),
        }
        reported = sources.postgresql(db)(panel, given)
        assert db.execute("select count(*) as n from market.assets").fetchone()["n"] > len(HOSTILE)
    assert len(found) == len(reported.rows) > 0, reported.problem
    if panel.board == "market":
        assert len(found) == 1
        assert any(each in str(found[0].get(name, "")) for name in NAMES)


def _literal(db: psycopg.Connection, each: str) -> str:
    """Return the array literal that psql's ``-v`` takes for one id."""
    return db.execute("select array[%s]::text[]::text as literal", [each]).fetchone()["literal"]


@pytest.mark.parametrize("panel", FILTERED, ids=lambda panel: f"{panel.board}/{panel.name}")
@pytest.mark.parametrize("chosen", [ALL, [ALL], [], ""], ids=["all", "all listed", "none", "blank"])
def test_all_and_none_let_everything_pass(panel, chosen, filled):
    with psycopg.connect(filled, row_factory=dict_row) as db:
        everything = sent(
            panel.statement(grafana),
            {"asset": "bitcoin", "asset_filter": chosen, "exchange": chosen},
        )
        plain = panel.statement(lambda name: f"%({name})s")
        assert len(db.execute(everything).fetchall()) == len(
            db.execute(plain, defaults("bitcoin")).fetchall()
        )


@pytest.mark.parametrize("path", sorted((HERE / "dashboards").glob("*.json")), ids=lambda p: p.stem)
def test_no_query_puts_a_variable_in_without_quoting_it(path):
    board = json.loads(path.read_text("utf-8"))
    texts = [target["rawSql"] for panel in board["panels"] for target in panel["targets"]]
    assert texts
    for text in texts:
        assert text.count("${") == text.count(":sqlstring}")
    for variable in board["templating"].get("list", []):
        assert variable.get("allValue", "''") == "''"


def test_several_assets_narrow_what_the_market_overview_shows_of_assets(filled):
    shown = {}
    for panel in FILTERED:
        if panel.board == "market" and "asset_filter" in panel.parameters:
            both = {"asset_filter": ["bitcoin", "solana"], "exchange": ALL}
            with psycopg.connect(filled, row_factory=dict_row) as db:
                rows = db.execute(sent(panel.statement(grafana), both)).fetchall()
            shown[panel.name] = {row.get("asset") or row["pair"].split()[1] for row in rows}
    assert shown == {
        "top_assets": {"Bitcoin", "Solana"},
        "supply_by_asset": {"Bitcoin", "Solana"},
        "price_against_rate": {"Bitcoin", "Solana"},
        "volume_of_exchange": {"BTC/USDT", "SOL/USDT"},
    }
