"""Puts the report's page together: figures, proof, boards, the run."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from string import Template

from panels import Board, Panel, boards
from report import cards, units
from report.proof import dbt_results, proof, stages
from report.sources import Result

HERE = Path(__file__).parent
ORDER = ("market", "prices", "warehouse", "spreads", "health")


def titled(results: dict[Panel, Result], asset: str, minutes: int) -> dict[Panel, Result]:
    """Put the asset, and the length of a candle, into the titles of candles."""

    def title(panel: Panel) -> str:
        long = minutes > 1 and panel.source == "postgresql"
        words = f"price in candles of {minutes} minutes" if long else panel.title.lower()
        return f"{asset}: {words}"

    return {
        replace(panel, title=title(panel)) if panel.chart == "candles" else panel: result
        for panel, result in results.items()
    }


def whole(
    results: dict[Panel, Result], summary: dict | None, links: dict[str, str] | None = None
) -> str:
    """Return the page as HTML; with ``links`` (name to address) one that keeps itself fresh."""
    named = {board.name: board for board in boards()}
    strip = "".join(cards.stat(p, r) for p, r in results.items() if p.chart == "stat")
    parts = [f"<section><div class=stats>{strip}{_run_figures(summary)}</div></section>"]
    parts += [_proof(summary)]
    parts += [_board(named[name], results) for name in ORDER]
    parts += [_run(summary)]
    drawn, live = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC", links is not None
    script = f"<script>\n{(HERE / 'live.js').read_text('utf-8')}</script>" if live else ""
    return Template((HERE / "page.html").read_text("utf-8")).substitute(
        style=(HERE / "style.css").read_text("utf-8"),
        lead=f"What is stored, how complete and how fresh it is. Drawn {drawn}.",
        drawn=f' data-drawn="{drawn}"' if live else "",
        links=cards.links(links) if links else "",
        script=script,
        sections="\n".join(filter(None, parts)),
    )


def _board(board: Board, results: dict[Panel, Result]) -> str:
    drawn = [
        cards.card(panel, result)
        for panel, result in results.items()
        if panel.board == board.name and panel.chart != "stat"
    ]
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
            f"{facts.stored:,} stored and {facts.dead_lettered:,} dead-lettered by the stream with "
            f"a reason.{_refused((summary or {}).get('refused_by_functions'))}"
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
    if summary and summary.get("proved_at"):
        note += f" Checked at {summary['proved_at']}."
    return cards.section("Is everything there?", note, body)


def _refused(rows: int | None) -> str:
    """Return what the functions refused, which is published as dead letters alone."""
    if not rows:
        return ""
    whose = "with its reason" if rows == 1 else "each with its reason"
    return (
        f" Before that, the functions had refused {rows:,} row{'s' if rows > 1 else ''}, {whose} "
        "under Dead letters by reason."
    )


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
