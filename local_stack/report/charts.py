"""Draws a panel's rows with matplotlib, in every width the page may give it."""

import io
from collections.abc import Callable
from html import escape

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from panels import Panel
from report import forms, theme, timed

HALF = (320, 410, 640)
WIDE = (320, 760, 1400)
"""Widths in CSS pixels; a drawing is never scaled far from its own, so that text stays readable."""

Draw = Callable[[Axes, Panel, list[dict], int], None]
DRAW: dict[str, Draw] = {
    "bars": forms.bars,
    "share": forms.share,
    "dots": forms.dots,
    "candles": timed.candles,
    "lines": timed.lines,
}


def widths(panel: Panel) -> tuple[int, ...]:
    """Return the widths in which a panel is drawn, narrow to wide."""
    return WIDE if panel.wide else HALF


def svg(panel: Panel, rows: list[dict]) -> list[str]:
    """Return one inline SVG per width; the style sheet shows the one that fits."""
    return [_one(panel, rows, width) for width in widths(panel)]


def _one(panel: Panel, rows: list[dict], width: int) -> str:
    key = f"{panel.board}-{panel.name}-{width}".replace("_", "-")
    with mpl.rc_context(theme.RC | {"svg.hashsalt": key}):
        height = forms.height(panel, rows, width)
        figure = Figure(figsize=(width / 72, height / 72), layout="constrained")
        figure.get_layout_engine().set(w_pad=4 / 72, h_pad=4 / 72)
        DRAW[panel.chart](figure.add_subplot(), panel, rows, width)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None})
    return theme.themed(out.getvalue(), key, escape(panel.title, quote=True))
