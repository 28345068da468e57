"""Reads every panel of the report and writes the page."""

import math
from dataclasses import dataclass
from pathlib import Path

import psycopg

from panels import boards
from panels.parameters import defaults
from report import page, sources

LARGEST_WITH_CANDLES = """
select a.id, coalesce(a.name, a.id)
from market.v1_latest_assets as a
left join (select asset_id, count(*) as candles from market.v1_candles group by asset_id) as c
    on c.asset_id = a.id
where a.id = coalesce(%(asset)s, a.id)
order by least(coalesce(c.candles, 0), 30) desc, a.market_cap_usd desc nulls last, a.id
limit 1
"""
MINUTES = "select count(*), avg(samples) from market.v1_candles where asset_id = %s"
CANDLES = 12
"""About so many candles where a minute has a single sample, and so no height of its own."""


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
    links: dict[str, str] | None = None,
) -> Rendered:
    """Write the report to ``out``.

    ``summary`` is what the run says of itself: topics, stages, dbt, commands,
    seconds_to_first_chart, peak_memory_mib; each part may be missing. A mart that does not exist
    yet leaves its panel empty; a figure that fails is named in the result and on the page.
    ``links`` (name to address) makes it a served page: it shows them and keeps itself fresh.
    Raises ``psycopg.OperationalError`` where the serving database does not answer.
    """
    with psycopg.connect(dsn, autocommit=True) as db:
        chosen, name = _asset(db, asset)
        minutes = _minutes_per_candle(db, chosen)
        given = defaults(chosen) | {"bucket": f"{minutes} minutes"}
        read = {
            "postgresql": sources.postgresql(db),
            "bigquery": sources.warehouse(bigquery, project) if bigquery else sources.nothing,
        }
        results = {
            panel: read[panel.source](panel, given)
            for board in boards()
            for panel in board.panels
            if panel.report
        }
    text = page.whole(page.titled(results, name, minutes), summary, links)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, "utf-8")
    return Rendered(out, tuple(r.problem for r in results.values() if r.problem))


def _asset(db: psycopg.Connection, asset: str | None) -> tuple[str, str]:
    row = db.execute(LARGEST_WITH_CANDLES, {"asset": asset}).fetchone()
    return row or (asset or "bitcoin", (asset or "Bitcoin").title())


def _minutes_per_candle(db: psycopg.Connection, asset: str) -> int:
    """Return 1 where minutes hold several samples, else as many as make candles of several."""
    count, samples = db.execute(MINUTES, [asset]).fetchone()
    return 1 if not count or samples >= 2 else min(15, math.ceil(count / CANDLES))
