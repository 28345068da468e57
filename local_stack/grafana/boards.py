"""The dashboards: panels in rows of 24 columns, with the variables that their SQL names."""

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    GridPos,
    VariableOption,
    VariableRefresh,
)

from grafana.forms import form
from grafana.query import SOURCE, query
from panels import Board, Panel, boards

COLUMNS = 24
STAT = (4, 4)
HALF = (12, 9)
WIDE = (24, 10)
ASSETS = (
    "select coalesce(name, id) as __text, id as __value from market.v1_latest_assets "
    "order by rank nulls last, id limit 500"
)
EXCHANGES = (
    "select coalesce(name, exchange_id) as __text, exchange_id as __value "
    "from market.v1_latest_exchanges order by rank nulls last, exchange_id limit 500"
)
NOBODY = "''"
"""What "All" stands for, put in as it is: an id that names nobody lets everything pass, also what
the list of choices has no room for."""


def dashboards() -> dict[str, dashboard.Dashboard]:
    """Return a builder per board that has panels for Grafana, by its file name."""
    chosen = {board.name: [p for p in board.panels if p.grafana] for board in boards()}
    return {
        f"{board.name}.json": _dashboard(board, chosen[board.name])
        for board in boards()
        if chosen[board.name]
    }


def _dashboard(board: Board, panels: list[Panel]) -> dashboard.Dashboard:
    made = (
        dashboard.Dashboard(board.title)
        .uid(f"coincap-{board.name}")
        .description(board.description)
        .tags(["coincap"])
        .timezone("utc")
        .refresh("1m")
        .time("now-6h", "now")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .readonly()
        .link(
            dashboard.DashboardLink("CoinCap boards")
            .type(DashboardLinkType.DASHBOARDS)
            .tags(["coincap"])
            .as_dropdown(True)
            .keep_time(True)
            .include_vars(True)
        )
    )
    named = {name for panel in panels for name in panel.parameters}
    for parameter, variable in VARIABLES.items():
        if parameter in named:
            made = made.with_variable(variable())
    for number, (panel, place) in enumerate(_places(panels), 1):
        built = form(panel).id(number).datasource(SOURCE).grid_pos(place).with_target(query(panel))
        made = made.with_panel(built)
    return made


def _places(panels: list[Panel]) -> list[tuple[Panel, GridPos]]:
    """Fill rows from left to right: figures first, then halves, a wide panel on its own."""
    stats = [panel for panel in panels if panel.chart == "stat"]
    others = [panel for panel in panels if panel.chart != "stat"]
    placed, x, y, tall = [], 0, 0, 0
    for panel in stats + others:
        width, height = STAT if panel.chart == "stat" else WIDE if panel.wide else HALF
        if x + width > COLUMNS or height != tall:
            x, y = 0, y + tall
        placed.append((panel, GridPos(h=height, w=width, x=x, y=y)))
        x, tall = x + width, height
    return placed


def _asset() -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable("asset")
        .label("Asset")
        .query(ASSETS)
        .datasource(SOURCE)
        .refresh(VariableRefresh.ON_DASHBOARD_LOAD)
        .current(VariableOption(selected=True, text="Bitcoin", value="bitcoin"))
    )


def _many(name: str, label: str, statement: str) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(name)
        .label(label)
        .query(statement)
        .datasource(SOURCE)
        .refresh(VariableRefresh.ON_DASHBOARD_LOAD)
        .multi(True)
        .include_all(True)
        .all_value(NOBODY)
        .current(VariableOption(selected=True, text=["All"], value=["$__all"]))
    )


VARIABLES = {
    "asset": _asset,
    "asset_filter": lambda: _many("asset_filter", "Assets", ASSETS),
    "exchanges": lambda: _many("exchange", "Exchanges", EXCHANGES),
}
