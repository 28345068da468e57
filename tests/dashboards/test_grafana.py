"""Grafana's files: generated from the panels, valid for the SDK, and their SQL runs as sent."""

import json
import re
from pathlib import Path

import psycopg
import pytest
import yaml
from as_grafana import sent
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard
from psycopg.rows import dict_row

from grafana.__main__ import HERE, files
from grafana.alerts import rules
from grafana.query import SOURCE_UID
from panels import boards
from panels.parameters import grafana

BOARDS = sorted((HERE / "dashboards").glob("*.json"))
VARIABLES = {
    "asset": "bitcoin",
    "asset_filter": ["bitcoin", "ethereum"],
    "exchange": ["binance", "kraken"],
}


BY_DAY = {"credits_by_day", "failed_calls"}
"""Few rows of a long time: what the credits went to, and what failed."""


def load(path: Path) -> dict:
    return json.loads(path.read_text("utf-8"))


def queries() -> list[tuple[str, str]]:
    found = [
        (f"{path.stem}: {panel['title']}", target["rawSql"])
        for path in BOARDS
        for panel in load(path)["panels"]
        for target in panel["targets"]
    ]
    found += [
        (f"{path.stem}: ${variable['name']}", variable["query"])
        for path in BOARDS
        for variable in load(path)["templating"].get("list", [])
    ]
    return found + [
        (f"alert: {rule['title']}", rule["data"][0]["model"]["rawSql"])
        for rule in rules()["groups"][0]["rules"]
    ]


def test_the_files_are_what_the_generator_writes():
    made = files()
    assert len(made) == len(BOARDS) + 1
    for path, text in made.items():
        assert path.read_text("utf-8") == text, f"{path.name}: run python -m grafana"


def test_there_is_a_board_for_each_group_of_live_panels():
    live = {board.name for board in boards() if any(panel.grafana for panel in board.panels)}
    assert live == {path.stem for path in BOARDS} == {"market", "prices", "spreads", "health"}


@pytest.mark.parametrize("path", BOARDS, ids=lambda path: path.stem)
def test_a_board_survives_the_sdks_own_model(path):
    register_default_plugins()
    board = load(path)
    again = json.loads(JSONEncoder(sort_keys=True).encode(Dashboard.from_json(board)))
    assert [p["title"] for p in again["panels"]] == [p["title"] for p in board["panels"]]
    assert [p["options"] for p in again["panels"]] == [p["options"] for p in board["panels"]]
    assert again["templating"] == board["templating"]


@pytest.mark.parametrize("path", BOARDS, ids=lambda path: path.stem)
def test_panels_have_ids_of_their_own_and_do_not_overlap(path):
    panels = load(path)["panels"]
    taken = [
        (x, y)
        for panel in panels
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(taken) == len(set(taken))
    assert max(x for x, _ in taken) < 24
    assert len({panel["id"] for panel in panels}) == len(panels)


@pytest.mark.parametrize("path", BOARDS, ids=lambda path: path.stem)
def test_a_board_defines_every_variable_that_its_sql_names(path):
    board = load(path)
    defined = {variable["name"] for variable in board["templating"].get("list", [])}
    named = set(re.findall(r"\$\{(\w+)", json.dumps(board["panels"])))
    assert named == defined
    for panel in board["panels"]:
        assert panel["title"]
        assert panel["description"]
        assert panel["fieldConfig"]["defaults"]["noValue"]
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["datasource"]["uid"] == SOURCE_UID


def test_the_data_source_is_the_one_that_is_provisioned_and_holds_no_password():
    text = (HERE / "provisioning/datasources/postgresql.yaml").read_text("utf-8")
    source = yaml.safe_load(text)["datasources"][0]
    assert source["uid"] == SOURCE_UID
    assert source["secureJsonData"]["password"].startswith("$__file{")


@pytest.mark.parametrize(("name", "statement"), queries(), ids=lambda value: str(value)[:40])
def test_each_query_runs_as_grafana_sends_it(name, statement, filled):
    asked = sent(statement, VARIABLES)
    assert "$" not in asked, f"{name}: a variable is left"
    with psycopg.connect(filled, row_factory=dict_row) as db:
        db.execute("set role market_reader")
        found = db.execute(asked).fetchall()
    assert found or name.endswith("Calls that failed")


@pytest.mark.parametrize(
    ("start", "first"), [("2026-01-01", "2026-03-25"), ("2026-03-31 18:00", "2026-03-31 18:00")]
)
def test_what_is_kept_of_each_call_is_asked_for_a_week_at_most(start, first, empty):
    asked = sent(f"select {grafana('from', 7)} as first", {}, start=start, end="2026-04-01")
    with psycopg.connect(empty) as db:
        (found,) = db.execute(asked).fetchone()
        assert found == db.execute("select %s::timestamptz", [first]).fetchone()[0]


@pytest.mark.parametrize(
    ("start", "interval", "width"),
    [("2026-03-25", "30m", "30m"), ("2026-03-24", "30m", "1h"), ("2026-01-01", "2h", "2h")],
)
def test_more_than_a_week_is_drawn_by_the_hour_at_least(start, interval, width, empty):
    statement = f"select {grafana('bucket')} = '{width}'::interval as same"
    asked = sent(statement, {}, start=start, end="2026-04-01", interval=interval)
    with psycopg.connect(empty) as db:
        assert db.execute(asked).fetchone() == (True,)


def test_no_panel_reads_minutes_of_more_than_a_week():
    timed = [p for board in boards() for p in board.panels if p.grafana and "from" in p.parameters]
    rolled_up = {p.name for p in timed if "candles" in p.sql}
    assert rolled_up == {"candles", "samples", "price_by_exchange", "peg_history"}
    for found in timed:
        assert "candles_1m" not in found.sql
        assert (found.name in rolled_up) == bool(
            re.search(r"v1_(market_)?candles_for\(", found.sql)
        )


def test_every_panel_of_calls_and_batches_is_bounded_and_says_so():
    tables = re.compile(r"v1_polls|v1_sweeps|stream_progress")
    timed = [p for board in boards() for p in board.panels if p.grafana and "from" in p.parameters]
    bounded = {p.name for p in timed if p.longest_days}
    assert bounded == {p.name for p in timed if tables.search(p.sql)} - BY_DAY
    descriptions = [p["description"] for path in BOARDS for p in load(path)["panels"]]
    assert sum("At most the last 7 days" in text for text in descriptions) == len(bounded) > 5


def test_the_reader_can_change_nothing(filled):
    with psycopg.connect(filled) as db:
        db.execute("set role market_reader")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.execute("update market.assets set rank = 1")


def test_alerts_fire_on_the_side_that_is_worse_and_lead_to_a_board():
    group = rules()["groups"][0]
    assert len(group["rules"]) >= 5
    for rule in group["rules"]:
        assert rule["annotations"]["__dashboardUid__"] in {load(path)["uid"] for path in BOARDS}
        kind = rule["data"][2]["model"]["conditions"][0]["evaluator"]["type"]
        assert kind == ("lt" if rule["title"] == "incomplete" else "gt")
    silent = {r["title"] for r in group["rules"] if r["noDataState"] == "Alerting"}
    assert silent == {"stream_stopped"}
