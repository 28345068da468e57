"""Charts of one row per thing: bars, parts of a whole, dots."""

from matplotlib.axes import Axes

from panels import Panel
from report import axes, units
from report.theme import SERIES, SURFACE, TRACK

ROW_PX = 27
FRAME_PX = 64
MARKERS = ("o", "D", "s", "^")


def height(panel: Panel, rows: list[dict], width: int) -> int:
    """Return the height in pixels that the rows need."""
    if panel.chart in ("candles", "lines"):
        return 260 if width < 500 else 340
    legend = 30 if panel.chart in ("dots", "share") else 0
    return FRAME_PX + legend + (ROW_PX + (8 if panel.chart == "dots" else 0)) * max(len(rows), 2)


def bars(axis: Axes, panel: Panel, rows: list[dict], width: int) -> None:
    """One horizontal bar per row, its value beside it."""
    names, values = axes.columns(panel, rows)
    axis.barh(names, values[0], height=0.62, color=SERIES[0])
    for y, value in enumerate(values[0]):
        axes.beside(axis, value, y, units.show(rows[y][panel.values[0]], panel.unit))
    axes.measure(axis, panel, width, room=1.28 if width < 400 else 1.18)


def share(axis: Axes, panel: Panel, rows: list[dict], width: int) -> None:
    """A part (first value) of a whole (second value) per row."""
    names, (part, whole) = axes.columns(panel, rows)
    axis.barh(names, whole, height=0.62, color=TRACK, label="claimed")
    axis.barh(names, part, height=0.62, color=SERIES[0], label="stored")
    for y, (got, of) in enumerate(zip(part, whole, strict=True)):
        axes.beside(axis, max(got, of), y, f"{got:,.0f} of {of:,.0f}")
    axes.measure(axis, panel, width, room=1.4 if width < 400 else 1.22)
    axis.set_xlabel("trading pairs")
    axes.legend(axis)


def dots(axis: Axes, panel: Panel, rows: list[dict], width: int) -> None:
    """Several measures of each row on one line, joined from the least to the greatest."""
    names, values = axes.columns(panel, rows)
    for y in range(len(names)):
        row = [value[y] for value in values]
        axis.plot([min(row), max(row)], [y, y], color=TRACK, linewidth=6, zorder=1)
    for i, (name, value) in enumerate(zip(panel.values, values, strict=True)):
        axis.plot(
            value, names, MARKERS[i], color=SERIES[i], label=name, markersize=8,
            markeredgecolor=SURFACE, linestyle="none", zorder=2,
        )  # fmt: skip
    axes.measure(axis, panel, width, room=1.08)
    axis.set_ylim(len(names) - 0.4, -0.6)
    axes.legend(axis)
