"""A week of 200 markets and of all polls at one minute: how much each query has to read.

2 million candles, 110,880 calls to CoinCap, 50,400 micro-batches; and 90 days of the same markets
by the hour. Times are printed, not asserted
(``-s`` shows them, the slowest at the end): a busy machine says nothing about the SQL. What is
asserted is the work: rows read from the tables that grow.
"""

import json
import statistics
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from panels import boards
from panels.catalogue import PARAMETER
from panels.parameters import defaults

ROOT = Path(__file__).resolve().parents[2]

MARKETS, ASSETS, MINUTES = 200, 50, 7 * 24 * 60
DAYS = 90
ROWS_READ_AT_MOST = 151_200
"""Every poll of the week, pages and sweeps: a percentile over all of them reads no less."""
CANDLES_READ_AT_MOST = 31_000
"""Ten markets over 90 days by the hour are 21,600, and what came after the last roll-up."""
GROWING = ("candles_1m", "candles_1h", "polls", "stream_progress")
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

insert into market.polls (
    snapshot_id, kind, page, attempt, endpoint, polled_at, status, latency_ms, credits,
    pairs_got, pairs_claimed, volume_got_usd, volume_claimed_usd
)
select
    endpoint || '-' || to_char(minute at time zone 'UTC', 'YYYYMMDD"T"HH24MISS"Z"'),
    case when page = 0 then 'sweep' else 'page' end, page, 1, endpoint, minute, 200,
    100 + 50 * sin(extract(epoch from minute) / 600 + page), 8,
    case when page = 0 and pages = 8 then 14000 end,
    case when page = 0 and pages = 8 then 15000 end,
    case when page = 0 and pages = 8 then 9e9 end, case when page = 0 and pages = 8 then 1e10 end
from (values ('assets', 1), ('rates', 1), ('exchanges', 1), ('markets', 8)) as e (endpoint, pages),
    generate_series(
        date_trunc('minute', now()) - %(minutes)s * interval '1 minute',
        date_trunc('minute', now()) - interval '1 minute', interval '1 minute'
    ) as minute,
    generate_series(0, pages) as page;

insert into market.stream_progress (
    query, batch_id, epoch, started_at, finished_at, messages, new_samples, stale_polls,
    newest_polled_at, read_ms, merge_ms
)
select
    case mod(n, 5) when 0 then 'archive' else 'serve' end, n, 1, at, at + interval '1 second',
    96, 60, 36, at, 900, 350 + mod(n, 7) * 40
from generate_series(1, 5 * %(minutes)s) as n,
    lateral (select now() - n * interval '12 seconds') as moment (at);
"""
HOURS = """
insert into market.market_candles_1h
select
    exchange_id, base_id, quote_id, hour, open, high, low, close, vwap, 240, 60,
    60 * price_weight_sum, 60 * weight_sum, 240
from (
    select distinct on (base_id, exchange_id, quote_id) * from market.market_candles_1m
    order by base_id, exchange_id, quote_id, minute_start desc
) as newest,
    generate_series(
        date_trunc('hour', now()) - %(days)s * interval '1 day',
        date_trunc('hour', now()) - interval '1 hour', interval '1 hour'
    ) as hour;

insert into market.asset_candles_1h
select
    asset_id, hour, open, high, low, close, vwap, 240, 60, 'markets', 60 * price_weight_sum,
    60 * weight_sum, 720
from (
    select distinct on (asset_id) * from market.asset_candles_1m
    order by asset_id, minute_start desc
) as newest,
    generate_series(
        date_trunc('hour', now()) - %(days)s * interval '1 day',
        date_trunc('hour', now()) - interval '1 hour', interval '1 hour'
    ) as hour;

insert into market.roll_ups (candle_table, reached, mark)
select kind || '_candles_1h', date_trunc('hour', now()), '{}'
from unnest(array['asset', 'market']) as kind;
"""
READY = ROOT / "local_stack" / "queries" / "postgresql"
STATEMENTS = {
    f"{panel.board}/{panel.name}": panel.sql
    for board in boards()
    for panel in board.panels
    if panel.source == "postgresql"
} | {f"ready/{path.stem}": path.read_text("utf-8") for path in sorted(READY.glob("*.sql"))}


@pytest.fixture(scope="module")
def week(make_database):
    from filled import fill

    dsn = make_database("dashboards_week")
    fill(dsn, minutes=1)
    sizes = {"markets": MARKETS, "assets": ASSETS, "minutes": MINUTES}
    grown = (
        "market.market_candles_1m, market.asset_candles_1m, market.polls, market.stream_progress"
    )
    with psycopg.connect(dsn, autocommit=True, cursor_factory=psycopg.ClientCursor) as db:
        db.execute(f"truncate {grown}")
        db.execute(FILL, sizes)
        db.execute(HOURS, {"days": DAYS})
        db.execute("vacuum analyze")
        counts = [
            db.execute(f"select count(*) from {table}").fetchone()[0] for table in grown.split(", ")
        ]
    assert counts == [MARKETS * MINUTES, ASSETS * MINUTES, 15 * MINUTES, 5 * MINUTES]
    return dsn


@pytest.fixture(scope="module")
def took():
    """Milliseconds by statement; the slowest are printed when all have run."""
    found: dict[str, float] = {}
    yield found
    slowest = sorted(found, key=found.get, reverse=True)[:5]
    print(f"\nslowest of {len(found)}:", *(f"{name} {found[name]:.0f} ms" for name in slowest))


def scanned(plan: dict) -> float:
    """Return the rows that the plan's scans of growing tables give or throw away."""
    own = 0.0
    if any(name in plan.get("Relation Name", "") for name in GROWING):
        loops = plan["Actual Loops"]
        own = loops * (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0))
    return own + sum(scanned(child) for child in plan.get("Plans", []))


def asked_of(statement: str, week: str, took: dict, name: str, **parameters) -> tuple[int, int]:
    """Return how many rows a statement gives and how many it has to read; note its time."""
    statement = statement.rstrip().rstrip(";").replace("%", "%%")
    statement = PARAMETER.sub(lambda match: f"%({match[1]})s", statement)
    asked = defaults("bitcoin") | {"currency": "euro"} | parameters
    with psycopg.connect(week, cursor_factory=psycopg.ClientCursor) as db:
        times = []
        for _ in range(3):
            start = time.perf_counter()
            found = db.execute(statement, asked).fetchall()
            times.append(1000 * (time.perf_counter() - start))
        explained = db.execute(f"explain (analyze, format json) {statement}", asked).fetchone()[0]
    plan = explained if isinstance(explained, list) else json.loads(explained)
    rows = scanned(plan[0]["Plan"])
    took[name] = statistics.median(times)
    print(f"{name}: {took[name]:.0f} ms, {rows:,.0f} rows read")
    return len(found), round(rows)


def back(days: int) -> dict[str, str]:
    """Return the parameters of so many days up to now."""
    now = datetime.now(UTC)
    return {"from": (now - timedelta(days=days)).isoformat(), "to": now.isoformat()}


@pytest.mark.slow
@pytest.mark.parametrize("name", STATEMENTS)
def test_a_week_is_read_with_bounded_work(name, week, took):
    found, read = asked_of(STATEMENTS[name], week, took, name, **back(7), bucket="30 minutes")
    assert found or name == "health/failed_calls"
    assert read <= ROWS_READ_AT_MOST


@pytest.mark.slow
@pytest.mark.parametrize("days", [8, 30, DAYS])
@pytest.mark.parametrize("name", [n for n, sql in STATEMENTS.items() if "candles_for(" in sql])
def test_longer_ranges_read_roll_ups(name, days, week, took):
    bucket = "1 hour" if days < DAYS else "3 hours"
    label = f"{name} of {days} days"
    found, read = asked_of(STATEMENTS[name], week, took, label, **back(days), bucket=bucket)
    assert found > days
    # A function whose text is not put into the query hides what it reads.
    assert days < read <= CANDLES_READ_AT_MOST
