"""The report's pieces of HTML: cards, tables, verdicts. All text is escaped here."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from html import escape

from panels import Panel
from report import charts, units
from report.sources import Result

DATA_ROWS = 60
SENTENCE = 30
"""Characters; a longer text has a line of its own where the page is narrow."""


def section(title: str, note: str, body: str) -> str:
    """Return a titled part of the page."""
    return (
        f"<section>\n<h2>{escape(title)}</h2>\n<p class=note>{escape(note)}</p>\n{body}\n</section>"
    )


def links(addresses: dict[str, str]) -> str:
    """Return the pages of other components as a line of links."""
    each = (
        f'<a href="{escape(url, quote=True)}">{escape(name)}</a>' for name, url in addresses.items()
    )
    return f"<nav>{' '.join(each)}</nav>"


def card(panel: Panel, result: Result) -> str:
    """Return a panel with its title, its drawing or table, and its rows beneath."""
    span = " wide" if panel.wide else ""
    return (
        f'<article class="card{span}">\n<h3>{escape(panel.title)}</h3>\n'
        f"<p class=note>{escape(panel.description)}</p>\n{_body(panel, result)}\n</article>"
    )


def stat(panel: Panel, result: Result) -> str:
    """Return a single number; further values stand beneath it, named."""
    row = result.rows[0] if result.rows else {}
    first, *others = panel.values
    more = " · ".join(f"{name} {units.show(row[name], panel.unit)}" for name in others if row)
    return figure(
        panel.title,
        units.show(row.get(first), panel.unit),
        more or panel.description if row else result.problem or panel.empty,
        _worst(tone(panel, row.get(name), name) for name in (first, *panel.levels)),
    )


def figure(title: str, value: str, more: str = "", mood: str = "") -> str:
    """Return one number of the strip at the top."""
    return (
        f'<article class="card stat {mood}"><h3>{escape(title)}</h3>'
        f"<span class=value>{escape(value)}</span>"
        f"<span class=more>{escape(more)}</span></article>"
    )


def tone(panel: Panel, value: object, column: str = "") -> str:
    """Return good, warn or bad by the levels of the panel or of its column; nothing without any.

    One level is the one from which a value is bad.
    """
    limits = tuple(panel.levels.get(column, panel.thresholds))
    if not limits or value is None:
        return ""
    first, second = limits[0], limits[-1]
    number = float(value)  # type: ignore[arg-type]
    if panel.worse == "lower":
        return "bad" if number < first else "warn" if number < second else "good"
    return "bad" if number >= second else "warn" if number >= first else "good"


def _worst(tones: Iterable[str]) -> str:
    return max(tones, key=("", "good", "warn", "bad").index)


def table(rows: list[dict], unit_of: dict[str, str]) -> str:
    """Return rows as a table that turns into labelled lines where it is narrow."""
    head = "".join(
        f"<th scope=col{_right(rows, column)}>{escape(_heading(column))}</th>" for column in rows[0]
    )
    body = "\n".join(
        "<tr>" + "".join(_cell(column, value, unit_of) for column, value in row.items()) + "</tr>"
        for row in rows
    )
    inner = f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody>"
    return f"<div class=rows><table>{inner}</table></div>"


def verdict(text: str, good: bool) -> str:
    """Return a sentence that says whether something holds."""
    return f'<p class="verdict {"good" if good else "bad"}">{escape(text)}</p>'


def _body(panel: Panel, result: Result) -> str:
    if result.problem:
        return f'<p class="empty problem">Could not be read: {escape(result.problem)}</p>'
    if not result.rows:
        return f"<p class=empty>{escape(panel.empty)}</p>"
    unit_of = dict.fromkeys(panel.values, panel.unit) | panel.units
    if panel.chart == "table":
        return table(result.rows, unit_of)
    drawings = "".join(charts.svg(panel, result.rows))
    size = "full" if panel.wide else "half"
    shown = result.rows[-DATA_ROWS:] if panel.chart in ("candles", "lines") else result.rows
    return (
        f'<div class="figure {size}">{drawings}</div>\n'
        f"<details><summary>Data</summary>{table(shown, unit_of)}</details>"
    )


def _cell(column: str, value: object, unit_of: dict[str, str]) -> str:
    number = isinstance(value, int | float | Decimal)
    exact = f' title="{value:f}"' if isinstance(value, Decimal) else ""
    said = units.show(value, unit_of.get(column, "none"))
    kind = "number" if number else "time" if isinstance(value, datetime) else ""
    kind = f" class={kind}" if kind else " class=long" if len(said) > SENTENCE else ""
    text = escape(said)
    return f'<td data-label="{escape(_heading(column))}"{kind}{exact}>{text}</td>'


def _right(rows: list[dict], column: str) -> str:
    numbers = any(isinstance(row[column], int | float | Decimal) for row in rows)
    return " class=number" if numbers else ""


def _heading(column: str) -> str:
    return column.replace("_", " ")
