"""The forms a chart can take. Each draws rows on an axis; colours are the theme's stand-ins."""

from itertools import pairwise

import matplotlib.dates as dates
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from panels import Panel
from report import units
from report.theme import DOWN, INK, MUTED, SERIES, SURFACE, TRACK, UP

ROW_PX = 27
CANDLE_PX = 7
FRAME_PX = 64
LABEL_CHARACTERS = 18
MARKERS = ("o", "D", "s", "^")


def height(panel: Panel, rows: list[dict], width: int) -> int:
    """Return the height in pixels that the rows need."""
    if panel.chart in ("candles", "lines"):
        return 260 if width < 500 else 340
    legend = 30 if panel.chart in ("dots", "share") else 0
    return FRAME_PX + legend + (ROW_PX + (8 if panel.chart == "dots" else 0)) * max(len(rows), 2)


def bars(axis: Axes, panel: Panel, rows: list[dict], width: int) -> None:
    """One horizontal bar per row, its value beside it."""
    names, values = _columns(panel, rows)
    axis.barh(names, values[0], height=0.62, color=SERIES[0])
    for y, value in enumerate(values[0]):
        _beside(axis, value, y, units.show(rows[y][panel.values[0]], panel.unit))
    _measure(axis, panel, width, room=1.28 if width < 400 else 1.18)


def share(axis: Axes, panel: Panel, rows: list[dict], width: int) -> None:
    """A part (first value) of a whole (second value) per row."""
    names, (part, whole) = _columns(panel, rows)
    axis.barh(names, whole, height=0.62, color=TRACK, label="claimed")
    axis.barh(names, part, height=0.62, color=SERIES[0], label="stored")
    for y, (got, of) in enumerate(zip(part, whole, strict=True)):
        _beside(axis, max(got, of), y, f"{got:,.0f} of {of:,.0f}")
    _measure(axis, panel, width, room=1.4 if width < 400 else 1.22)
    axis.set_xlabel("trading pairs")
    _legend(axis)


def dots(axis: Axes, panel: Panel, rows: list[dict], width: int) -> None:
    """Several measures of each row on one line, joined from the least to the greatest."""
    names, values = _columns(panel, rows)
    for y in range(len(names)):
        row = [value[y] for value in values]
        axis.plot([min(row), max(row)], [y, y], color=TRACK, linewidth=6, zorder=1)
    for i, (name, value) in enumerate(zip(panel.values, values, strict=True)):
        axis.plot(
            value, names, MARKERS[i], color=SERIES[i], label=name, markersize=8,
            markeredgecolor=SURFACE, linestyle="none", zorder=2,
        )  # fmt: skip
    _measure(axis, panel, width, room=1.08)
    axis.set_ylim(len(names) - 0.4, -0.6)
    _legend(axis)


def candles(axis: Axes, panel: Panel, rows: list[dict], width: int) -> None:
    """Open, high, low, close per period; hollow where the price rose, filled where it fell.

    Only the newest are drawn where the width has no room for all.
    """
    rows = rows[-(width // CANDLE_PX) :]
    times = dates.date2num([row[panel.label] for row in rows])
    period = min((b - a for a, b in pairwise(times)), default=1 / 1440)
    for rose, colour, name in ((True, UP, "rose"), (False, DOWN, "fell")):
        chosen = [i for i, row in enumerate(rows) if (row["close"] >= row["open"]) is rose]
        at = [times[i] for i in chosen]
        low, high, start, end = (
            [float(rows[i][column]) for i in chosen] for column in ("low", "high", "open", "close")
        )
        axis.vlines(at, low, high, color=colour, linewidth=1.1, zorder=2)
        axis.bar(
            at, [b - a for a, b in zip(start, end, strict=True)], bottom=start, label=name,
            width=period * 0.68, color=SURFACE if rose else colour, edgecolor=colour,
            linewidth=1.1, zorder=3,
        )  # fmt: skip
    average = [(t, float(row["vwap"])) for t, row in zip(times, rows, strict=True) if row["vwap"]]
    if average:
        axis.plot(
            *zip(*average, strict=True), "o", color=SERIES[1], markersize=2.6, zorder=4,
            label="volume-weighted",
        )  # fmt: skip
    _time(axis, panel, rows, width)
    axis.set_xlim(times[0] - period * 1.5, times[-1] + period * 1.5)
    _legend(axis)


def lines(axis: Axes, panel: Panel, rows: list[dict], width: int) -> None:
    """One line per series (or per value column) over time."""
    groups: dict[str, list[dict]] = {}
    for row in rows:
        groups.setdefault(str(row[panel.series]) if panel.series else "", []).append(row)
    drawn = [(name or column, column, group) for name, group in groups.items()
             for column in panel.values]  # fmt: skip
    for i, (name, column, group) in enumerate(drawn):
        axis.plot(
            [row[panel.label] for row in group], [_number(row[column]) for row in group],
            color=SERIES[i % len(SERIES)], linewidth=1.8, label=name,
        )  # fmt: skip
    _time(axis, panel, rows, width)
    if len(drawn) > 1:
        _legend(axis)


def _days(rows: list[dict], column: str) -> str:
    first, last = (f"{rows[i][column]:%Y-%m-%d}" for i in (0, -1))
    return f"time, UTC, {first}" if first == last else f"time, UTC, {first} to {last}"


def _columns(panel: Panel, rows: list[dict]) -> tuple[list[str], list[list[float]]]:
    names: list[str] = []
    for row in rows:
        name = str(row[panel.label])
        name = name if len(name) <= LABEL_CHARACTERS else name[: LABEL_CHARACTERS - 1] + "…"
        names.append(name if name not in names else f"{name} {len(names) + 1}")
    return names, [[_number(row[column]) for row in rows] for column in panel.values]


def _number(value: object) -> float:
    return float("nan") if value is None else float(value)  # type: ignore[arg-type]


def _beside(axis: Axes, value: float, y: int, text: str) -> None:
    axis.annotate(
        text, (value, y), xytext=(5, 0), textcoords="offset points", va="center", color=INK,
        fontsize=11.5,
    )  # fmt: skip


def _measure(axis: Axes, panel: Panel, width: int, room: float) -> None:
    """Dress a horizontal value axis: first row on top, unit named, room for the labels."""
    axis.invert_yaxis()
    axis.grid(visible=False, axis="y")
    axis.yaxis.set_minor_locator(NullLocator())
    if panel.logarithmic:
        low, high = 0.7, axis.get_xlim()[1]
        axis.set_xscale("log")
        axis.set_xlim(low, high ** (room + 0.12))
        axis.xaxis.set_major_locator(LogLocator(numticks=5 if width < 400 else 8))
        axis.xaxis.set_minor_locator(NullLocator())
    else:
        axis.set_xlim(0, axis.dataLim.x1 * room)
        axis.xaxis.set_major_locator(MaxNLocator(4 if width < 400 else 6))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value, panel.unit)))
    unit = units.axis(panel.unit)
    axis.set_xlabel(f"{unit}, logarithmic" if panel.logarithmic else unit)


def _time(axis: Axes, panel: Panel, rows: list[dict], width: int) -> None:
    locator = dates.AutoDateLocator(minticks=3, maxticks=5 if width < 500 else 9)
    axis.xaxis.set_major_locator(locator)
    axis.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, show_offset=False))
    axis.yaxis.set_major_locator(MaxNLocator(6))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value, panel.unit)))
    axis.tick_params(axis="y", labelcolor=MUTED)
    axis.grid(visible=False, axis="x")
    axis.set_ylabel(units.axis(panel.unit))
    axis.set_xlabel(_days(rows, panel.label))


def _tick(value: float, unit: str) -> str:
    text = units.show(int(value) if value == int(value) else value, unit)
    digits, gap, sign = text.partition(units.NARROW)
    return f"{digits.rstrip('0').rstrip('.') if '.' in digits else digits}{gap}{sign}"


def _legend(axis: Axes) -> None:
    drawn = zip(*axis.get_legend_handles_labels(), strict=True)
    handles, labels = zip(*sorted(drawn, key=lambda d: isinstance(d[0], Line2D)), strict=True)
    axis.legend(
        handles, labels, loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=4, handlelength=1.1,
        columnspacing=1.2, handletextpad=0.5, borderaxespad=0.1,
    )  # fmt: skip
