"""Each form of a panel as a Grafana panel: bars, lines, candles and so on."""

from collections.abc import Callable

from grafana_foundation_sdk.builders import (
    bargauge,
    candlestick,
    common,
    stat,
    table,
    timeseries,
)
from grafana_foundation_sdk.models import candlestick as candlestick_model
from grafana_foundation_sdk.models import common as common_model
from grafana_foundation_sdk.models import units as grafana_units
from grafana_foundation_sdk.models.dashboard import (
    DataTransformerConfig,
)

from grafana import levels
from grafana.levels import values
from panels import Panel

UNITS = {
    "USD": grafana_units.Dollars,
    "percent": grafana_units.Percent,
    "ms": grafana_units.Milliseconds,
    "s": grafana_units.Seconds,
    "rows": grafana_units.Short,
    "units": grafana_units.Short,
    "bps": "suffix: bps",
    "credits": "suffix: credits",
    "count": grafana_units.Short,
    "none": grafana_units.NoUnit,
}
HIDDEN = {"legend": True, "tooltip": False, "viz": True}


def _stat(panel: Panel):
    return stat.Panel().reduce_options(_last(panel)).graph_mode(common_model.BigValueGraphMode.NONE)


def _bars(panel: Panel):
    made = bargauge.Panel().orientation(common_model.VizOrientation.HORIZONTAL)
    made = made.display_mode(common_model.BarGaugeDisplayMode.BASIC)
    made = made.value_mode(common_model.BarGaugeValueMode.TEXT)
    return made.reduce_options(_last(panel).values(True))


def _lines(_panel: Panel):
    return (
        timeseries.Panel()
        .line_width(1.5)
        .fill_opacity(0)
        .span_nulls(True)
        .interval("1m")
        .max_data_points(480)
        .tooltip(common.VizTooltipOptions().mode(common_model.TooltipDisplayMode.MULTI))
    )


def _candles(_panel: Panel):
    fields = candlestick.CandlestickFieldMap().open("open").high("high").low("low").close("close")
    return (
        candlestick.Panel()
        .mode(candlestick_model.VizDisplayMode.CANDLES)
        .fields(fields)
        .include_all_fields(True)
        .override_by_name("vwap", values({"custom.drawStyle": "points", "custom.pointSize": 4}))
        .override_by_name("samples", values({"custom.hideFrom": HIDDEN}))
        .interval("1m")
        .max_data_points(480)
    )


def _table(_panel: Panel):
    return table.Panel().show_header(True)


FORMS: dict[str, Callable] = {
    "stat": _stat,
    "bars": _bars,
    "share": _table,
    "dots": _table,
    "lines": _lines,
    "candles": _candles,
    "table": _table,
}


def form(panel: Panel):
    """Return the Grafana panel builder: form, unit, thresholds, overrides, empty text."""
    draw = FORMS[panel.chart]
    cells = draw is _table
    made = draw(panel).title(panel.title).description(_words(panel)).no_value(panel.empty)
    made = made.unit(UNITS[panel.unit]).thresholds(levels.thresholds(panel, cells))
    for column, unit in panel.units.items():
        made = made.override_by_name(column, values({"unit": UNITS[unit]}))
    for column, properties in levels.overrides(panel, cells).items():
        made = made.override_by_name(column, values(properties))
    if draw is _lines and panel.thresholds:
        style = common.GraphThresholdsStyleConfig()
        made = made.thresholds_style(style.mode(common_model.GraphThresholdsStyleMode.LINE))
    if panel.chart in ("lines", "candles") and panel.series:
        made = made.with_transformation(_one_field_per_series())
    return made


def _words(panel: Panel) -> str:
    if not panel.longest_days:
        return panel.description
    return (
        f"{panel.description} At most the last {panel.longest_days} days of the chosen time: "
        "longer history is in the marts (BigQuery, Looker Studio)."
    )


def _last(panel: Panel) -> common.ReduceDataOptions:
    options = common.ReduceDataOptions().calcs(["lastNotNull"])
    fields = "|".join(panel.values)
    return options.fields(f"/^({fields})$/")


def _one_field_per_series() -> DataTransformerConfig:
    return DataTransformerConfig(
        id_val="renameByRegex", options={"regex": r"^\S+ (.*)$", "renamePattern": "$1"}
    )
