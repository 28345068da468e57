"""Charts over time: candles and lines."""

from itertools import pairwise

import matplotlib.dates as dates
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from panels import Panel
from report import axes, units
from report.theme import DOWN, INK, MUTED, SERIES, SURFACE, UP

CANDLE_PX = 7


def candles(axis: Axes, panel: Panel, rows: list[dict], width: int) -> None:
    """Open, high, low, close per period; hollow where the price rose, filled where it fell.

    A period with one sample has no height: the line through the closes shows the way there.
    Only the newest periods are drawn where the width has no room for all.
    """
    rows = rows[-(width // CANDLE_PX) :]
    times = dates.date2num([row[panel.label] for row in rows])
    period = min((b - a for a, b in pairwise(times)), default=panel.period_s / 86_400)
    axis.use_sticky_edges = False
    axis.plot(times, [float(row["close"]) for row in rows], color=MUTED, linewidth=1, zorder=1)
    for name, colour, fill, chosen in _directions(rows):
        at = [times[i] for i in chosen]
        low, high, start, end = (
            [float(rows[i][column]) for i in chosen] for column in ("low", "high", "open", "close")
        )
        axis.vlines(at, low, high, color=colour, linewidth=1.1, zorder=2)
        axis.bar(
            at, [b - a for a, b in zip(start, end, strict=True)], bottom=start, label=name,
            width=period * 0.68, color=fill, edgecolor=colour, linewidth=1.1, zorder=3,
        )  # fmt: skip
    average = [(t, float(row["vwap"])) for t, row in zip(times, rows, strict=True) if row["vwap"]]
    if average:
        axis.plot(
            *zip(*average, strict=True), "o", color=SERIES[1], markersize=4.6, zorder=4,
            markeredgecolor=SURFACE, markeredgewidth=1, label="volume-weighted",
        )  # fmt: skip
    _time(axis, panel, rows, width)
    axis.set_xlim(times[0] - period * 1.5, times[-1] + period * 1.5)
    axis.margins(y=0.08)
    axes.legend(axis)


def _directions(rows: list[dict]) -> list[tuple[str, str, str, list[int]]]:
    """Return (name, edge, fill, places) of the candles that rose, fell and did neither."""
    places: dict[str, list[int]] = {"rose": [], "fell": [], "unchanged": []}
    for i, row in enumerate(rows):
        change = row["close"] - row["open"]
        places["rose" if change > 0 else "fell" if change < 0 else "unchanged"].append(i)
    look = {"rose": (UP, SURFACE), "fell": (DOWN, DOWN), "unchanged": (INK, INK)}
    return [(name, *look[name], chosen) for name, chosen in places.items() if chosen]


def lines(axis: Axes, panel: Panel, rows: list[dict], width: int) -> None:
    """One line per series (or per value column) over time."""
    groups: dict[str, list[dict]] = {}
    for row in rows:
        groups.setdefault(str(row[panel.series]) if panel.series else "", []).append(row)
    drawn = [(name or column, column, group) for name, group in groups.items()
             for column in panel.values]  # fmt: skip
    for i, (name, column, group) in enumerate(drawn):
        axis.plot(
            [row[panel.label] for row in group], [axes.number(row[column]) for row in group],
            color=SERIES[i % len(SERIES)], linewidth=1.8, label=name,
        )  # fmt: skip
    _time(axis, panel, rows, width)
    if len(drawn) > 1:
        axes.legend(axis)


def _time(axis: Axes, panel: Panel, rows: list[dict], width: int) -> None:
    locator = dates.AutoDateLocator(minticks=3, maxticks=5 if width < 500 else 9)
    locator.intervald[dates.MINUTELY] = [1, 2, 3, 5, 10, 15, 20, 30]
    axis.xaxis.set_major_locator(locator)
    axis.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, show_offset=False))
    axis.yaxis.set_major_locator(MaxNLocator(6))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: axes.tick(value, panel.unit)))
    axis.tick_params(axis="y", labelcolor=MUTED)
    axis.grid(visible=False, axis="x")
    axis.set_ylabel(units.axis(panel.unit))
    axis.set_xlabel(_days(rows, panel.label))


def _days(rows: list[dict], column: str) -> str:
    first, last = (f"{rows[i][column]:%Y-%m-%d}" for i in (0, -1))
    return f"time, UTC, {first}" if first == last else f"time, UTC, {first} to {last}"
