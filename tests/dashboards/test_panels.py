"""Every panel's SQL runs where it is drawn, gives what its definition names, and is empty well."""

from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row

from panels import boards, catalogue
from panels.parameters import GRAFANA, defaults

PANELS = [panel for board in boards() for panel in board.panels]
POSTGRESQL = [panel for panel in PANELS if panel.source == "postgresql"]
MAY_BE_EMPTY = {"health/failed_calls"}


def identity(panel) -> str:
    return f"{panel.board}/{panel.name}"


def rows(dsn: str, panel, asset: str = "bitcoin", role: str = "market_reader") -> list[dict]:
    statement = panel.statement(lambda name: f"%({name})s")
    with psycopg.connect(dsn, row_factory=dict_row) as db:
        db.execute(f"set role {role}")
        return db.execute(statement, defaults(asset) if panel.parameters else None).fetchall()


def test_there_are_panels_on_every_board():
    assert len(PANELS) > 25
    assert all(board.panels for board in boards())


def test_every_sql_file_belongs_to_one_panel():
    files = {f"{path.parent.name}/{path.stem}" for path in Path(catalogue.ROOT).glob("*/*.sql")}
    assert files == {identity(panel) for panel in PANELS}


@pytest.mark.parametrize("panel", PANELS, ids=identity)
def test_every_panel_says_what_it_shows_and_what_an_empty_one_means(panel):
    assert panel.title
    assert panel.description.endswith(".")
    assert panel.empty.endswith(".")
    assert set(panel.parameters) <= set(defaults("bitcoin"))
    assert set(panel.parameters) <= set(GRAFANA) | {"pegs"}


@pytest.mark.parametrize("panel", POSTGRESQL, ids=identity)
def test_the_reader_gets_rows_with_the_columns_that_the_panel_names(panel, filled):
    found = rows(filled, panel)
    if identity(panel) in MAY_BE_EMPTY:
        assert found == []
        return
    assert found
    named = {panel.label, panel.series, *panel.values, *panel.units, *panel.levels} - {""}
    assert named <= set(found[0])


@pytest.mark.parametrize("panel", POSTGRESQL, ids=identity)
def test_an_empty_database_gives_an_empty_panel_and_no_row_of_nulls(panel, empty):
    assert rows(empty, panel) == []


def test_a_failed_call_is_listed(filled):
    with psycopg.connect(filled) as db:
        db.execute(
            "insert into market.polls (snapshot_id, kind, page, attempt, endpoint, polled_at,"
            " status, error) values ('t', 'page', 1, 1, 'markets', now(), 502, 'bad gateway')"
        )
        db.commit()
        found = rows(filled, next(p for p in PANELS if p.name == "failed_calls"))
        db.execute("delete from market.polls where snapshot_id = 't'")
    assert [(row["endpoint"], row["status"], row["calls"]) for row in found] == [
        ("markets", 502, 1)
    ]


def test_a_candle_of_two_minutes_takes_first_open_last_close_and_the_weighted_average(filled):
    panel = next(p for p in PANELS if p.name == "candles")
    statement = panel.statement(lambda name: f"%({name})s")
    with psycopg.connect(filled, row_factory=dict_row) as db:
        minutes = db.execute(statement, defaults("bitcoin")).fetchall()
        pairs = db.execute(statement, defaults("bitcoin") | {"bucket": "2 minutes"}).fetchall()
    for pair in pairs:
        inside = [m for m in minutes if 0 <= (m["time"] - pair["time"]).total_seconds() < 120]
        assert pair["open"] == inside[0]["open"]
        assert pair["close"] == inside[-1]["close"]
        assert pair["high"] == max(m["high"] for m in inside)
        assert pair["low"] == min(m["low"] for m in inside)
        assert pair["samples"] == sum(m["samples"] for m in inside)
        assert float(pair["vwap"]) == pytest.approx(
            float(sum(m["vwap"] for m in inside) / len(inside))
        )
    assert len(pairs) < len(minutes)


@pytest.mark.parametrize(
    ("days", "bucket", "most"), [(7, "30 minutes", 337), (3, "5 minutes", 865)]
)
def test_completeness_reaches_the_end_of_the_range_at_a_sweep_a_minute(days, bucket, most, empty):
    panel = next(p for p in PANELS if p.name == "completeness_history")
    statement = panel.statement(lambda name: f"%({name})s")
    with psycopg.connect(empty, row_factory=dict_row) as db:
        db.execute(
            "insert into market.polls (snapshot_id, kind, page, attempt, endpoint, polled_at,"
            " pairs_got, pairs_claimed) select 'markets-' || n, 'sweep', 0, 0, 'markets',"
            " now() - n * interval '1 minute', 90, 100 from generate_series(0, 7 * 1440) as n"
        )
        asked = defaults("bitcoin") | {"bucket": bucket}
        asked["from"] = db.execute(f"select now() - interval '{days} days' as t").fetchone()["t"]
        found = db.execute(statement, asked).fetchall()
        late = db.execute("select now() - %s as late", [found[-1]["time"]]).fetchone()["late"]
        db.rollback()
    assert late.total_seconds() <= 1800
    assert len(found) <= most
    assert {row["by_pairs"] for row in found} == {90}


def test_a_wrong_definition_is_refused_with_the_name_of_its_file(tmp_path, monkeypatch):
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "board.toml").write_text(
        'title = "Odd"\ndescription = "Odd."\n[[panel]]\nname = "x"\ntitle = "X"\n'
        'description = "X."\nchart = "pie"\nunit = "USD"\nempty = "None."\n'
    )
    with pytest.raises(ValueError, match=r"odd/board.toml: x has chart 'pie'"):
        catalogue._board(tmp_path / "odd" / "board.toml")
