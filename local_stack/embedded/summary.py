"""What the run proved: as tables on the terminal and as summary.json."""

import psycopg
from rich.console import Console
from rich.table import Table

from embedded.proof import TopicProof

_FACTS = """
select
    percentile_cont(0.5) within group (order by latency_ms) filter (where kind = 'page'),
    percentile_cont(0.95) within group (order by latency_ms) filter (where kind = 'page'),
    (select sum(least(pairs_stored, trading_pairs)) from market.v1_latest_exchanges),
    (select sum(trading_pairs) from market.v1_latest_exchanges),
    (select extract(epoch from now() - max(polled_at)) from market.markets)
from market.polls
"""


def facts(dsn: str) -> dict:
    """Return API p50/p95 (ms), completeness (% of claimed pairs), age of the newest row (s)."""
    with psycopg.connect(dsn) as connection:
        p50, p95, got, claimed, age = connection.execute(_FACTS).fetchone()
    return {
        "api_p50_ms": float(p50) if p50 is not None else None,
        "api_p95_ms": float(p95) if p95 is not None else None,
        "completeness_percent": float(100 * got / claimed) if claimed else None,
        "newest_row_age_s": float(age) if age is not None else None,
    }


def show(console: Console, summary: dict, proofs: list[TopicProof]) -> None:
    """Print the summary."""
    console.print(_balance(proofs))
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column()
    for name, text in _lines(summary):
        table.add_row(name, text)
    console.print(table)
    stages = "  ".join(f"{s['name']} {s['seconds']:.1f} s" for s in summary["stages"])
    console.print(f"[dim]{stages}[/]", highlight=False)
    console.print(f"\nReport: [bold]{summary['report']}[/]", highlight=False, soft_wrap=True)


def _balance(proofs: list[TopicProof]) -> Table:
    title = "published = stored ∪ dead-lettered"
    table = Table(
        title=title,
        title_justify="left",
        box=None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        header_style="dim",
    )
    table.add_column("topic", no_wrap=True)
    columns = ("published", "stored", "refused", "missing", "duplicates", "wrong")
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("")
    for proof in proofs:
        figures = [
            proof.published,
            proof.stored,
            proof.dead_lettered,
            proof.missing,
            proof.duplicates,
            proof.wrong,
        ]
        verdict = "[green]✓[/]" if proof.holds else "[red]✗[/]"
        table.add_row(proof.topic, *(f"{figure:,}" for figure in figures), verdict)
    return table


def _lines(summary: dict) -> list[tuple[str, str]]:
    dbt = summary["dbt"]
    checks = ", ".join(
        f"{dbt.get(kind + '_passed', 0)} of {dbt[kind]} {kind}"
        for kind in ("models", "snapshots", "seeds", "tests")
        if kind in dbt
    )
    return [
        ("completeness", _or_none(summary["completeness_percent"], "{:.2f} % of claimed pairs")),
        (
            "API p50 / p95",
            f"{_or_none(summary['api_p50_ms'], '{:.0f} ms')} / "
            f"{_or_none(summary['api_p95_ms'], '{:.0f} ms')}",
        ),
        ("age of the newest row", _or_none(summary["newest_row_age_s"], "{:,.0f} s")),
        ("dbt", checks or "no results"),
        ("refused by the functions", f"{summary['refused_by_functions']:,} rows (in dead_letters)"),
        ("commands typed", str(summary["commands"])),
        ("to the first chart", f"{summary['seconds_to_first_chart']:.0f} s"),
        ("peak memory", f"{summary['peak_memory_mib']:,.0f} MiB"),
    ]


def _or_none(value: float | None, form: str) -> str:
    return form.format(value) if value is not None else "none"
