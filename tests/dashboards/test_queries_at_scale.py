"""A week of 200 markets at one minute (2 million candles): how much each query has to read.

Times are printed, not asserted (``-s`` shows them): a busy machine says nothing about the SQL.
What is asserted is the work: rows read from the candle tables.
"""

import json
import statistics
import time

import psycopg
import pytest

from panels import boards
from panels.parameters import defaults

MARKETS, ASSETS, MINUTES = 200, 50, 7 * 24 * 60
ROWS_READ_AT_MOST = 150_000
FILL = """
select market.ensure_partition(parent, day::date)
from unnest(array['market_candles_1m', 'asset_candles_1m']) as parent,
    generate_series(now() - interval '8 days', now(), interval '1 day') as day;

insert into market.market_candles_1m
select
    'exchange-' || mod(m, 20), case when m < 40 then 'bitcoin' else 'asset-' || m / 20 end,
    case when m < 20 then 'tether' else 'usd-coin-' || m end,
    minute, p, p * 1.001, p * 0.999, p * 1.0005, p, 4, minute, minute + interval '45 s',
    p * 1000, 1000, 4, p * 1000, 1000
from generate_series(0, %(markets)s - 1) as m,
    generate_series(
        date_trunc('minute', now()) - %(minutes)s * interval '1 minute',
        date_trunc('minute', now()) - interval '1 minute', interval '1 minute'
    ) as minute,
    lateral (select 60000 + sin(extract(epoch from minute) / 3600)::numeric(38, 18)) as s(p);

insert into market.asset_candles_1m
select
    case a when 0 then 'bitcoin' when 1 then 'tether' when 2 then 'usd-coin' else 'asset-' || a end,
    minute, p, p * 1.001, p * 0.999, p * 1.0005, p, 4, minute, minute + interval '45 s',
    p * 1000, 1000, 12
from generate_series(0, %(assets)s - 1) as a,
    generate_series(
        date_trunc('minute', now()) - %(minutes)s * interval '1 minute',
        date_trunc('minute', now()) - interval '1 minute', interval '1 minute'
    ) as minute,
    lateral (select (1 + 0.01 * sin(extract(epoch from minute) / 3600))::numeric(38, 18)) as s(p);

insert into market.markets (
    exchange_id, base_id, quote_id, price_usd, volume_usd_24hr, polled_at, snapshot_id, value_md5
)
select distinct on (exchange_id, base_id, quote_id)
    exchange_id, base_id, quote_id, close, 1000000, now(), 'markets-scale', gen_random_uuid()
from market.market_candles_1m where minute_start > now() - interval '1 hour'
on conflict do nothing;
"""
TIMED = [panel for board in boards() for panel in board.panels if panel.source == "postgresql"]


@pytest.fixture(scope="module")
def week(make_database):
    from filled import fill

    dsn = make_database("dashboards_week")
    fill(dsn, minutes=1)
    sizes = {"markets": MARKETS, "assets": ASSETS, "minutes": MINUTES}
    with psycopg.connect(dsn, autocommit=True, cursor_factory=psycopg.ClientCursor) as db:
        db.execute("truncate market.market_candles_1m, market.asset_candles_1m")
        db.execute(FILL, sizes)
        db.execute("vacuum analyze")
        (rows,) = db.execute("select count(*) from market.market_candles_1m").fetchone()
    assert rows == MARKETS * MINUTES
    return dsn


def scanned(plan: dict) -> float:
    """Return the rows that the plan's scans of candle tables give or throw away."""
    own = 0.0
    if "candles_1m" in plan.get("Relation Name", ""):
        loops = plan["Actual Loops"]
        own = loops * (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0))
    return own + sum(scanned(child) for child in plan.get("Plans", []))


@pytest.mark.slow
@pytest.mark.parametrize("panel", TIMED, ids=lambda panel: f"{panel.board}/{panel.name}")
def test_a_week_of_candles_is_read_with_bounded_work(panel, week):
    statement = panel.statement(lambda name: f"%({name})s")
    asked = defaults("bitcoin") | {"bucket": "30 minutes"}
    with psycopg.connect(week, cursor_factory=psycopg.ClientCursor) as db:
        asked["from"], asked["to"] = db.execute(
            "select (now() - interval '7 days')::text, now()::text"
        ).fetchone()
        took = []
        for _ in range(3):
            start = time.perf_counter()
            db.execute(statement, asked).fetchall()
            took.append(1000 * (time.perf_counter() - start))
        explained = db.execute(f"explain (analyze, format json) {statement}", asked).fetchone()[0]
    plan = explained if isinstance(explained, list) else json.loads(explained)
    rows = scanned(plan[0]["Plan"])
    print(f"{panel.board}/{panel.name}: {statistics.median(took):.0f} ms, {rows:,.0f} candles read")
    assert rows <= ROWS_READ_AT_MOST
