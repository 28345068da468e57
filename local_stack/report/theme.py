"""Colours of the charts: matplotlib draws in stand-ins, the page decides what they are.

A stand-in is a colour that nothing else uses; in the SVG it becomes a CSS variable, so that one
drawing serves the light and the dark theme.
"""

import re

INK = "#010101"
MUTED = "#020202"
GRID = "#030303"
SURFACE = "#040404"
TRACK = "#050505"
UP = "#060606"
DOWN = "#070707"
SERIES = ("#110101", "#110202", "#110303", "#110404")

VARIABLES = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    GRID: "var(--grid)",
    SURFACE: "var(--surface)",
    TRACK: "var(--track)",
    UP: "var(--up)",
    DOWN: "var(--down)",
} | {colour: f"var(--series-{i})" for i, colour in enumerate(SERIES, 1)}

RC = {
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 12,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": GRID,
    "axes.facecolor": "none",
    "axes.labelsize": 11.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": GRID,
    "xtick.labelcolor": MUTED,
    "ytick.color": GRID,
    "ytick.labelcolor": INK,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "legend.fontsize": 11.5,
    "xtick.labelsize": 11.5,
    "figure.facecolor": "none",
    "timezone": "UTC",
}


def themed(svg: str, key: str, title: str) -> str:
    """Return an inline SVG: CSS variables for colours, unique ids, a name for screen readers."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.S)
    svg = re.sub(r"#[0-9a-f]{6}\b", lambda m: VARIABLES.get(m[0], m[0]), svg)
    svg = re.sub(r"'DejaVu Sans'[^;\"]*", "var(--font)", svg)
    svg = re.sub(r'\bid="', f'id="{key}-', svg)
    svg = re.sub(r'href="#', f'href="#{key}-', svg)
    svg = re.sub(r"url\(#", f"url(#{key}-", svg)
    svg = re.sub(
        r"<svg\b[^>]*>", lambda m: re.sub(r' (width|height)="[^"]*"', "", m[0]), svg, count=1
    )
    svg = re.sub(r"\n\s*", "\n", svg)
    return svg.replace("<svg", f'<svg role="img" aria-label="{title}"', 1)
