"""Reads every panel of the report and writes the page."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from string import Template

import psycopg

from panels import Board, Panel, boards
from panels.parameters import defaults
from report import cards, sources, units
from report.proof import dbt_results, proof, stages
from report.sources import Result

HERE = Path(__file__).parent
ORDER = ("market", "prices", "warehouse", "spreads", "health")
LARGEST_WITH_CANDLES = """
select a.id, coalesce(a.name, a.id)
from market.v1_latest_assets as a
left join (select asset_id, count(*) as candles from market.v1_candles group by asset_id) as c
    on c.asset_id = a.id
where a.id = coalesce(%(asset)s, a.id)
order by least(coalesce(c.candles, 0), 30) desc, a.market_cap_usd desc nulls last, a.id
limit 1
"""


@dataclass(frozen=True)
class Rendered:
    """The page that was written, and one line per figure that could not be read."""

    path: Path
    problems: tuple[str, ...]


def render(
    dsn: str,
    out: Path,
    *,
    bigquery: str | None = None,
    project: str = "coincap-local",
    summary: dict | None = None,
    asset: str | None = None,
) -> Rendered:
    """Write the report to ``out``.

    ``summary`` is what the run says of itself: topics, stages, dbt, commands,
    seconds_to_first_chart, peak_memory_mib; each part may be missing. A mart that does not exist
    yet leaves its panel empty; a figure that fails is named in the result and on the page.
    Raises ``psycopg.OperationalError`` where the serving database does not answer.
    """
    with psycopg.connect(dsn, autocommit=True) as db:
        chosen, name = _asset(db, asset)
        read = {
            "postgresql": sources.postgresql(db),
            "bigquery": sources.warehouse(bigquery, project) if bigquery else sources.nothing,
        }
        results = {
            panel: read[panel.source](panel, defaults(chosen))
            for board in boards()
            for panel in board.panels
            if panel.report
        }
    page = _page(results, summary, name)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page, "utf-8")
    return Rendered(out, tuple(r.problem for r in results.values() if r.problem))


def _asset(db: psycopg.Connection, asset: str | None) -> tuple[str, str]:
    row = db.execute(LARGEST_WITH_CANDLES, {"asset": asset}).fetchone()
    return row or (asset or "bitcoin", (asset or "Bitcoin").title())


def _page(results: dict[Panel, Result], summary: dict | None, asset: str) -> str:
    named = {board.name: board for board in boards()}
    strip = "".join(cards.stat(p, r) for p, r in results.items() if p.chart == "stat")
    parts = [f"<section><div class=stats>{strip}{_run_figures(summary)}</div></section>"]
    parts += [_proof(summary)]
    parts += [_board(named[name], results, asset) for name in ORDER]
    parts += [_run(summary)]
    written = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    lead = f"What is stored, how complete and how fresh it is. Written {written}."
    return Template((HERE / "page.html").read_text("utf-8")).substitute(
        style=(HERE / "style.css").read_text("utf-8"),
        lead=lead,
        sections="\n".join(filter(None, parts)),
    )


def _board(board: Board, results: dict[Panel, Result], asset: str) -> str:
    drawn = []
    for panel, result in results.items():
        if panel.board != board.name or panel.chart == "stat":
            continue
        if panel.chart == "candles":
            panel = replace(panel, title=f"{asset}: {panel.title[0].lower()}{panel.title[1:]}")
        drawn.append(cards.card(panel, result))
    return cards.section(board.title, board.description, f"<div class=grid>{''.join(drawn)}</div>")


def _run_figures(summary: dict | None) -> str:
    facts = summary or {}
    figures = []
    if facts.get("seconds_to_first_chart") is not None:
        typed = int(facts.get("commands") or 1)
        figures.append(
            cards.figure(
                "Start to first chart",
                units.duration(facts["seconds_to_first_chart"]),
                f"{typed} command{'s' if typed > 1 else ''} typed",
            )
        )
    if facts.get("peak_memory_mib") is not None:
        figures.append(
            cards.figure(
                "Peak memory",
                f"{float(facts['peak_memory_mib']) / 1024:,.2f}{units.NARROW}GiB",
                "all components together",
            )
        )
    return "".join(figures)


def _proof(summary: dict | None) -> str:
    facts = proof(summary)
    if not facts.topics:
        return ""
    if facts.holds:
        text = (
            f"Nothing lost, nothing doubled: {facts.published:,} rows published, "
            f"{facts.stored:,} stored and {facts.dead_lettered:,} dead-lettered with a reason."
        )
    else:
        text = (
            f"{facts.missing:,} rows are missing, {facts.duplicates:,} are doubled and "
            f"{facts.wrong:,} are not the newest of their key."
        )
    body = (
        f"{cards.verdict(text, facts.holds)}<div class=card>{cards.table(facts.topics, {})}</div>"
    )
    note = (
        "Every key that was published was looked up: it is in a table, or among the dead letters "
        "with its reason, and in none of them twice."
    )
    return cards.section("Is everything there?", note, body)


def _run(summary: dict | None) -> str:
    durations = stages(summary)
    if not durations:
        return ""
    panel = Panel(
        name="stages", board="run", title="Time per stage", chart="bars", unit="s", label="name",
        values=("seconds",), description="From the command to the summary.", empty="",
    )  # fmt: skip
    drawn = cards.card(panel, Result(durations))
    built = dbt_results(summary)
    if built:
        drawn += (
            "<article class=card><h3>dbt build</h3><p class=note>What the warehouse was built "
            f"and tested with.</p>{cards.table(built, {})}</article>"
        )
    return cards.section("This run", "Where the time went.", f"<div class=grid>{drawn}</div>")
