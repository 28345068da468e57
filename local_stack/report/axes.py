"""What the forms share: labels, value axes, legends."""

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from panels import Panel
from report import units
from report.theme import INK

LABEL_CHARACTERS = 18
LETTER_PX, MARK_PX, LABELS_PX = 6.5, 28, 50
"""Widths of a legend's letter, of its mark with the gaps, and of what stands left of the axes."""


def columns(panel: Panel, rows: list[dict]) -> tuple[list[str], list[list[float]]]:
    """Return the labels, shortened and unique, and each value column as floats."""
    names: list[str] = []
    for row in rows:
        name = str(row[panel.label])
        name = name if len(name) <= LABEL_CHARACTERS else name[: LABEL_CHARACTERS - 1] + "…"
        names.append(name if name not in names else f"{name} {len(names) + 1}")
    return names, [[number(row[column]) for row in rows] for column in panel.values]


def number(value: object) -> float:
    """Return a value as a float; null is not a number."""
    return float("nan") if value is None else float(value)  # type: ignore[arg-type]


def beside(axis: Axes, value: float, y: int, text: str) -> None:
    """Write a text to the right of a bar's end."""
    axis.annotate(
        text, (value, y), xytext=(5, 0), textcoords="offset points", va="center", color=INK,
        fontsize=11.5,
    )  # fmt: skip


def measure(axis: Axes, panel: Panel, width: int, room: float) -> None:
    """Dress a horizontal value axis: first row on top, unit named, room for the labels."""
    axis.invert_yaxis()
    axis.grid(visible=False, axis="y")
    axis.yaxis.set_minor_locator(NullLocator())
    if panel.logarithmic:
        low, high = 0.7, axis.get_xlim()[1]
        axis.set_xscale("log")
        axis.set_xlim(low, high ** (room + 0.12))
        axis.xaxis.set_major_locator(
            LogLocator(numticks=3 if width < 400 else 4 if width < 600 else 6)
        )
        axis.xaxis.set_minor_locator(NullLocator())
    else:
        axis.set_xlim(0, axis.dataLim.x1 * room)
        axis.xaxis.set_major_locator(MaxNLocator(4 if width < 400 else 6))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(value, panel.unit)))
    unit = units.axis(panel.unit)
    axis.set_xlabel(f"{unit}, logarithmic" if panel.logarithmic else unit)


def tick(value: float, unit: str) -> str:
    """Return a value as an axis writes it, without zeros that say nothing."""
    text = units.show(int(value) if value == int(value) else value, unit)
    digits, gap, sign = text.partition(units.NARROW)
    return f"{digits.rstrip('0').rstrip('.') if '.' in digits else digits}{gap}{sign}"


def legend(axis: Axes) -> None:
    """Put the legend above the axes, marks after areas."""
    drawn = zip(*axis.get_legend_handles_labels(), strict=True)
    handles, labels = zip(*sorted(drawn, key=lambda d: isinstance(d[0], Line2D)), strict=True)
    needed = sum(len(label) * LETTER_PX + MARK_PX for label in labels)
    columns = 4 if needed < axis.figure.get_figwidth() * 72 - LABELS_PX else 2
    axis.legend(
        handles, labels, loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncols=columns,
        handlelength=1.1, columnspacing=1.2, handletextpad=0.5, borderaxespad=0.1,
    )  # fmt: skip
