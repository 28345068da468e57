"""Levels show where they are defined: on stats, as lines over time, in cells; else a reason."""

import json
from importlib.resources import files

import pytest

from grafana.__main__ import HERE
from panels import boards, panel

PANELS = [each for board in boards() for each in board.panels]
DRAWN = {
    f"{path.stem}/{drawn['title']}": drawn
    for path in sorted((HERE / "dashboards").glob("*.json"))
    for drawn in json.loads(path.read_text("utf-8"))["panels"]
}
RULES = json.loads(files("coincap_jobs").joinpath("alert_rules.json").read_text("utf-8"))
TRUST = json.loads(files("coincap").joinpath("seeds", "trust.json").read_text("utf-8"))


def drawn(name: str) -> dict:
    return DRAWN[f"{name.split('/')[0]}/{panel(name).title}"]


def overrides(name: str, column: str) -> dict:
    """Return every property that is set for one column."""
    return {
        each["id"]: each["value"]
        for override in drawn(name)["fieldConfig"]["overrides"]
        if override["matcher"]["options"] == column
        for each in override["properties"]
    }


def steps(config: dict) -> list[tuple]:
    return [(step["value"], step["color"]) for step in config["steps"]]


@pytest.mark.parametrize("each", PANELS, ids=lambda each: f"{each.board}/{each.name}")
def test_a_panel_has_a_level_or_says_why_not(each):
    assert bool(each.thresholds or each.levels) != bool(each.no_level)
    assert each.no_level == "" or each.no_level.endswith(".")


@pytest.mark.parametrize(
    "each",
    [each for each in PANELS if each.grafana and (each.thresholds or each.levels)],
    ids=lambda each: f"{each.board}/{each.name}",
)
def test_a_level_is_seen_in_grafana(each):
    name = f"{each.board}/{each.name}"
    kind = drawn(name)["type"]
    if kind == "timeseries":
        custom = drawn(name)["fieldConfig"]["defaults"]["custom"]
        assert custom["thresholdsStyle"]["mode"] == "line"
    if kind == "table":
        judged = set(each.levels) or set(each.values)
        assert judged
        for column in judged:
            assert overrides(name, column)["custom.cellOptions"] == {"type": "color-text"}
            assert len(overrides(name, column)["thresholds"]["steps"]) >= 2
    if kind in ("timeseries", "stat") and each.thresholds:
        assert len(drawn(name)["fieldConfig"]["defaults"]["thresholds"]["steps"]) >= 3


def test_a_deviation_is_judged_on_both_sides():
    expected = [
        (None, "dark-red"), (-200, "red"), (-50, "orange"), (-10, "green"),
        (10, "orange"), (50, "red"), (200, "dark-red"),
    ]  # fmt: skip
    assert steps(overrides("spreads/peg_now", "deviation")["thresholds"]) == expected
    history = drawn("spreads/peg_history")["fieldConfig"]["defaults"]["thresholds"]
    assert steps(history) == expected


def test_one_critical_alert_is_red_and_the_date_of_the_newest_row_is_not():
    critical = overrides("health/alerts_now", "critical")["thresholds"]
    assert steps(critical) == [(None, "green"), (1, "red")]
    newest = drawn("health/newest_row")["fieldConfig"]["defaults"]["thresholds"]
    assert steps(newest) == [(None, "text")]


def test_candles_show_the_dots_that_they_promise_and_no_line_of_samples():
    assert drawn("prices/candles")["options"]["includeAllFields"] is True
    assert overrides("prices/candles", "vwap")["custom.drawStyle"] == "points"
    assert overrides("prices/candles", "samples")["custom.hideFrom"]["viz"] is True


def test_levels_that_others_define_are_theirs():
    peg = list(RULES["stablecoin_peg"]["levels"].values())
    assert panel("spreads/peg_now").levels["deviation"] == peg
    assert list(panel("spreads/peg_history").thresholds) == peg
    assert panel("spreads/peg_alerts").levels["value"] == peg
    stale = list(RULES["exchange_stale"]["levels"].values())
    assert panel("market/exchanges").levels["heard_of"] == stale
    assert panel("prices/markets").levels["last_trade"][-1] == TRUST["max_staleness_s"]
