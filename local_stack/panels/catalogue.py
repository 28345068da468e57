"""Reads the definitions: ``<board>/board.toml`` for the words, ``<board>/<panel>.sql`` for the SQL.

The SQL names its parameters as psql does, ``:'name'``, so that an analyst can run a file as it
is: ``psql -v asset=bitcoin -f candles.sql``. Each renderer replaces them with its own form.
"""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent
PARAMETER = re.compile(r":'([a-z_]+)'")
CHARTS = ("stat", "bars", "share", "dots", "lines", "candles", "table")
UNITS = ("USD", "percent", "ms", "s", "rows", "units", "bps", "credits", "count", "none")


@dataclass(frozen=True)
class Panel:
    """One figure. ``label`` and ``values`` name columns of the SQL's result; the shortest candle
    is of ``period_s`` seconds.

    ``thresholds`` are the levels of ``values``, ``levels`` those of a single column; ``two_sided``
    ones hold below zero too. A panel without any says in ``no_level`` why. ``longest_days`` is the
    most that Grafana may ask of what is stored for each call or batch and not rolled up.
    """

    name: str
    board: str
    title: str
    description: str
    chart: str
    unit: str
    empty: str
    label: str = ""
    values: tuple[str, ...] = ()
    series: str = ""
    units: dict[str, str] = field(default_factory=dict, hash=False)
    thresholds: tuple[float, ...] = ()
    levels: dict[str, list[float]] = field(default_factory=dict, hash=False)
    worse: str = "higher"
    two_sided: bool = False
    no_level: str = ""
    period_s: int = 60
    longest_days: int = 0
    wide: bool = False
    logarithmic: bool = False
    report: bool = False
    grafana: bool = True
    source: str = "postgresql"

    @property
    def sql(self) -> str:
        """The statement as it stands in its file."""
        return (ROOT / self.board / f"{self.name}.sql").read_text("utf-8").strip()

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters, in alphabetical order."""
        return tuple(sorted(set(PARAMETER.findall(self.sql))))

    def statement(self, write: Callable[[str], str]) -> str:
        """Return the SQL with every parameter replaced by ``write(name)``."""
        return PARAMETER.sub(lambda match: write(match[1]), self.sql)


@dataclass(frozen=True)
class Board:
    """Panels that are read together, in the order of ``board.toml``."""

    name: str
    title: str
    description: str
    panels: tuple[Panel, ...]


@cache
def boards() -> tuple[Board, ...]:
    """Return every board; ``ValueError`` names the file whose definition is wrong."""
    return tuple(_board(path) for path in sorted(ROOT.glob("*/board.toml")))


def panel(name: str) -> Panel:
    """Return the panel ``board/name``; ``KeyError`` where there is none."""
    return {f"{p.board}/{p.name}": p for board in boards() for p in board.panels}[name]


def _board(path: Path) -> Board:
    words = tomllib.loads(path.read_text("utf-8"))
    name = path.parent.name
    try:
        panels = tuple(_panel(name, entry) for entry in words.pop("panel"))
        return Board(name=name, panels=panels, **words)
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"{name}/board.toml: {error}; see panels/catalogue.py") from error


def _panel(board: str, entry: dict) -> Panel:
    lists = {key: tuple(entry[key]) for key in ("values", "thresholds") if key in entry}
    made = Panel(board=board, **(entry | lists))
    if made.chart not in CHARTS or {made.unit, *made.units.values()} - set(UNITS):
        raise ValueError(f"{made.name} has chart {made.chart!r}, unit {made.unit!r}")
    return made
