"""Every alert rule is quiet on a healthy pipeline of each plan, and fires on a sick one."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from as_grafana import sent
from filled_latest import exchanges
from plans import MOMENTS, PLANS, fill
from rows import md5, put

from grafana.alerts import rules

RULES = {rule["title"]: rule for rule in rules()["groups"][0]["rules"]}
QUIET = {
    "stale_data", "stream_behind", "stream_stopped", "incomplete", "slow_api", "credits",
    "critical_alert",
}  # fmt: skip


@pytest.fixture
def db(request):
    """An empty database whose changes are undone."""
    with psycopg.connect(request.getfixturevalue("empty")) as connection:
        yield connection
        connection.rollback()


def fires(db: psycopg.Connection, name: str) -> bool:
    """Evaluate a rule as Grafana does: query, last value, threshold; its state where no data."""
    measure, reduce, compare = RULES[name]["data"]
    start = datetime.now(UTC) - timedelta(seconds=measure["relativeTimeRange"]["from"])
    end = datetime.now(UTC) + timedelta(seconds=1)
    found = db.execute(
        sent(measure["model"]["rawSql"], {}, start=start.isoformat(), end=end.isoformat())
    ).fetchall()
    if not found:
        return RULES[name]["noDataState"] == "Alerting"
    assert reduce["model"]["reducer"] == "last"
    assert found[-1][0] is not None
    evaluator = compare["model"]["conditions"][0]["evaluator"]
    (limit,) = evaluator["params"]
    return found[-1][0] > limit if evaluator["type"] == "gt" else found[-1][0] < limit


def firing(db: psycopg.Connection) -> set[str]:
    return {name for name in RULES if fires(db, name)}


def store_markets(db: psycopg.Connection, pairs: int, suffix: str) -> None:
    """Store so many of Binance's 24 pairs, the only exchange, of a sweep named with ``suffix``."""
    now = datetime.now(UTC)
    exchanges(db, now)
    db.execute("delete from market.exchanges where exchange_id <> 'binance'")
    put(
        db,
        "markets",
        "exchange_id, base_id, quote_id, polled_at, snapshot_id, value_md5",
        [
            ("binance", f"asset-{n}", "tether", now, f"markets-20260601T000000Z{suffix}", md5(n))
            for n in range(pairs)
        ],
    )


def open_alert(db: psycopg.Connection, rule: str, severity: str) -> None:
    now = datetime.now(UTC)
    put(
        db,
        "alerts",
        "alert_id, rule, subject, severity, status, opened_at, updated_at",
        [(f"{rule}|x", rule, "x", severity, "open", now, now)],
    )


def test_these_are_the_rules():
    assert set(RULES) == QUIET


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: f"{moment:%m-%d %H:%M}")
@pytest.mark.parametrize("plan", PLANS)
def test_a_healthy_pipeline_is_left_in_peace_on_every_plan(plan, moment, db):
    fill(db, plan, moment)
    store_markets(db, 23, "")
    db.execute("update market.polls set credits = 400")  # far beyond the free key's 4,000
    assert firing(db) == set()


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("endpoint", ["assets", "rates", "exchanges", "markets"])
def test_an_endpoint_that_is_silent_for_four_of_its_gaps_is_told(plan, endpoint, db):
    gap = min(
        job["every_minutes"]
        for job in PLANS[plan]
        for sweep in job["sweeps"]
        if sweep["endpoint"] == endpoint
    )
    silent = timedelta(minutes=max(15, 4 * gap) + 1)
    fill(db, plan, MOMENTS[0], silent={endpoint: silent})
    assert firing(db) == {"stale_data"}


def test_a_first_start_waits_for_its_polls_and_only_a_missing_stream_is_told(db):
    assert firing(db) == {"stream_stopped"}
    fill(db, "demo", MOMENTS[0])
    db.execute("delete from market.polls where polled_at < now() - interval '3 minutes'")
    db.execute("update market.stream_watermarks set newest_polled_at = now() - interval '9 days'")
    assert firing(db) == set()


def test_a_stream_that_is_behind_or_silent_is_told(db):
    fill(db, "free", MOMENTS[0])
    db.execute("update market.stream_lag set lag_s = 700, lag_offsets = 9")
    assert firing(db) == {"stream_behind"}
    db.execute("update market.stream_lag set measured_at = now() - interval '3 minutes'")
    assert firing(db) == {"stream_behind", "stream_stopped"}


def test_missing_pairs_are_told_once_all_markets_were_swept(db):
    fill(db, "free", MOMENTS[0])
    store_markets(db, 12, "-binance~12")
    assert firing(db) == set()
    db.execute("update market.markets set snapshot_id = 'markets-20260601T000000Z'")
    assert firing(db) == {"incomplete"}


def test_slow_answers_are_told(db):
    fill(db, "demo", MOMENTS[0])
    db.execute("update market.polls set latency_ms = 9000")
    assert firing(db) == {"slow_api"}


def test_credits_are_told_by_the_stream_that_knows_the_budget(db):
    fill(db, "free", MOMENTS[0])
    open_alert(db, "credits_running_out", "watch")
    assert firing(db) == {"credits"}


def test_a_critical_alert_is_told(db):
    fill(db, "free", MOMENTS[0])
    open_alert(db, "stablecoin_peg", "critical")
    assert firing(db) == {"critical_alert"}
