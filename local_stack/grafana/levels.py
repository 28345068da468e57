"""A panel's levels as Grafana's thresholds: of the whole panel, and of single columns."""

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models.dashboard import (
    DynamicConfigValue,
    Threshold,
    ThresholdsMode,
)

from panels import Panel

COLOURS = {"higher": ("green", "orange", "red", "dark-red"), "lower": ("red", "orange", "green")}
SEVERITIES = {"critical": "red", "warning": "orange", "watch": "yellow"}
COLOURED = {"custom.cellOptions": {"type": "color-text"}}


def values(properties: dict[str, object]) -> list[DynamicConfigValue]:
    """Return properties in the form of an override."""
    return [DynamicConfigValue(id_val=name, value=value) for name, value in properties.items()]


def overrides(panel: Panel, cells: bool) -> dict[str, dict[str, object]]:
    """Return the columns with levels of their own and their properties.

    Where the panel is drawn in ``cells`` (a table), its values are such columns too, and the
    severity of an alert is coloured by its name.
    """
    limits = {column: tuple(each) for column, each in panel.levels.items()}
    if cells and panel.thresholds:
        limits = dict.fromkeys(panel.values, panel.thresholds) | limits
    found = {column: _coloured(panel, cells, each) for column, each in limits.items()}
    if cells and "severity" in panel.sql:
        options = {name: {"color": colour} for name, colour in SEVERITIES.items()}
        found["severity"] = {"mappings": [{"type": "value", "options": options}]} | COLOURED
    return found


def thresholds(panel: Panel, cells: bool) -> dashboard.ThresholdsConfig:
    """Return the levels of a whole panel; those of ``cells`` are their columns'."""
    steps = _steps(panel, () if cells else panel.thresholds)
    made = [Threshold(value=limit, color=colour) for limit, colour in steps]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(made)


def _coloured(panel: Panel, cells: bool, limits: tuple[float, ...]) -> dict[str, object]:
    steps = [{"value": limit, "color": colour} for limit, colour in _steps(panel, limits)]
    return {"thresholds": {"mode": "absolute", "steps": steps}} | (COLOURED if cells else {})


def _steps(panel: Panel, limits: tuple[float, ...]) -> list[tuple[float | None, str]]:
    """Return (from where, colour), the first from nowhere; text where there is no level."""
    if not limits:
        return [(None, "text")]
    colours = COLOURS[panel.worse][: len(limits) + 1]
    if len(limits) == 1:
        colours = (COLOURS[panel.worse][0], "red" if panel.worse == "higher" else "green")
    if panel.two_sided:
        limits = (*(-limit for limit in reversed(limits)), *limits)
        colours = (*reversed(colours), *colours[1:])
    return list(zip((None, *limits), colours, strict=True))
