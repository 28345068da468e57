"""Alerts open once, change, and close; each rule judged on rows as the stream writes them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coincap_jobs.alerts import Alert, Observation, is_news, judge, refresh_alerts, rules
from coincap_jobs.database import connect

NOW = datetime(2024, 10, 17, 12, 40, tzinfo=UTC)


def seen(value, lingering=None):
    lingering = value if lingering is None else lingering
    return Observation("tether", Decimal(value), Decimal(lingering), f"{value} bps")


def test_every_rule_has_levels_a_reason_and_a_query(postgres):
    with connect(postgres.dsn, "test") as connection:
        connection.execute("insert into market.stream_watermarks values ('t', %s)", [NOW])
        assert refresh_alerts(connection, 4000) == 0
    for rule in rules().values():
        assert rule["why"]
        assert rule["unit"]
        levels = [rule["levels"][name] for name in ("watch", "warning")]
        assert levels == sorted(levels)
        assert rule.get("close_below", levels[0]) <= levels[0]


def test_an_alert_opens_worsens_eases_and_closes():
    story = [seen(9), seen(12), seen(60), seen(61), seen(250), seen(20), seen(4, 14), seen(4, 9)]
    held, states = None, []
    for minute, each in enumerate(story):
        judged = judge("stablecoin_peg", held, each, NOW + timedelta(minutes=minute))
        states.append((judged.status, judged.severity) if judged else None)
        held = judged
    assert states == [
        None, ("open", "watch"), ("open", "warning"), ("open", "warning"), ("open", "critical"),
        ("open", "watch"), ("open", "watch"), ("closed", "watch"),
    ]  # fmt: skip
    assert held.opened_at == NOW + timedelta(minutes=1)
    assert held.closed_at == NOW + timedelta(minutes=7)


def test_the_same_observation_changes_nothing_and_a_new_opening_is_a_new_time():
    first = judge("stablecoin_peg", None, seen(12), NOW)
    assert judge("stablecoin_peg", first, seen(12), NOW + timedelta(minutes=1)) is first
    closed = judge("stablecoin_peg", first, None, NOW + timedelta(minutes=2))
    again = judge("stablecoin_peg", closed, seen(12), NOW + timedelta(minutes=3))
    assert again.opened_at == NOW + timedelta(minutes=3)
    assert again.closed_at is None
    assert judge("stablecoin_peg", closed, None, NOW + timedelta(minutes=3)) is closed


@given(st.lists(st.one_of(st.none(), st.integers(0, 300)), max_size=30))
def test_openings_and_closings_alternate(values):
    held, news = None, []
    for minute, value in enumerate(values):
        each = None if value is None else seen(value)
        judged = judge("stablecoin_peg", held, each, NOW + timedelta(minutes=minute))
        if judged is not None and judged != held and is_news(held, judged):
            news.append(judged)
        held = judged
        if judged is not None and judged.status == "open":
            assert value is not None
            assert value >= 10
    for before, after in pairwise(news):
        assert before.updated_at < after.updated_at
        assert (before.status, before.severity) != (after.status, after.severity)
    assert all(each.status == "open" for each in news[:1])


def test_severities_fit_the_contract():
    from coincap.contract import record_type

    field = next(f for f in record_type("alert").fields if f.name == "severity")
    assert {name for rule in rules().values() for name in rule["levels"]} <= set(field.enum)
    assert [f.column for f in record_type("alert").fields] == list(Alert.__dataclass_fields__)


@pytest.fixture
def base(postgres):
    with connect(postgres.dsn, "test") as connection:
        _at(connection, NOW)
        yield connection


def _at(connection, now):
    connection.execute(
        "insert into market.stream_watermarks values ('coincap.assets', %s) "
        "on conflict (topic) do update set newest_polled_at = excluded.newest_polled_at", [now],
    )  # fmt: skip


def _tick(connection, asset, at, price):
    connection.execute("select market.ensure_partition('asset_ticks', %s)", [at.date()])
    connection.execute(
        "insert into market.asset_ticks values (%s, %s, %s, %s, 's', md5('')::uuid)",
        [asset, at, Decimal(price), at],
    )


def _alerts(connection):
    return {
        row[0]: row[1:]
        for row in connection.execute(
            "select alert_id, status, severity, message from market.alerts"
        )
    }


def _changes(connection):
    text = "select alert_id, status, severity from market.alert_changes order by change_id"
    return connection.execute(text).fetchall()


def test_a_peg_alert_needs_sustained_samples(base):
    for minute, price in enumerate(["1", "0.9", "1", "0.994", "0.993"]):
        _tick(base, "tether", NOW + timedelta(minutes=minute), price)
        _at(base, NOW + timedelta(minutes=minute))
        assert refresh_alerts(base) == 0
    _tick(base, "tether", NOW + timedelta(minutes=5), "0.992")
    _at(base, NOW + timedelta(minutes=5))
    assert refresh_alerts(base) == 1
    assert refresh_alerts(base) == 1
    status, severity, message = _alerts(base)["stablecoin_peg|tether"]
    assert (status, severity) == ("open", "warning")
    assert "at least 60.0 bps off its peg over 3 samples; now 0.992 USD" in message
    for minute in range(6, 9):
        _tick(base, "tether", NOW + timedelta(minutes=minute), "1.0001")
        _at(base, NOW + timedelta(minutes=minute))
        refresh_alerts(base)
    assert _changes(base) == [
        ("stablecoin_peg|tether", "open", "warning"),
        ("stablecoin_peg|tether", "open", "watch"),
        ("stablecoin_peg|tether", "closed", "watch"),
    ]


def _asset(connection, name, rank=1):
    connection.execute(
        "insert into market.assets (id, rank, symbol, name, polled_at, snapshot_id, api_version, "
        "envelope_at, value_md5) values (%s, %s, %s, %s, %s, 's', 'v3', %s, md5('')::uuid)",
        [name, rank, name, name, NOW, NOW],
    )


def test_a_price_move_stands_out_of_its_own_hour(base):
    _asset(base, "bitcoin")
    _asset(base, "dust", rank=900)
    for minute in range(40):
        wiggle = Decimal(100) + Decimal(minute * 7 % 5) / 20
        for name in ("bitcoin", "dust"):
            _tick(base, name, NOW - timedelta(minutes=40 - minute), wiggle)
    _at(base, NOW)
    assert refresh_alerts(base) == 0
    for name in ("bitcoin", "dust"):
        _tick(base, name, NOW, "105")
    assert refresh_alerts(base) == 1
    status, severity, message = _alerts(base)["price_move|bitcoin"]
    assert (status, severity) == ("open", "critical")
    assert message.startswith("bitcoin moved 4.84 % to 105 USD, ")
    later = NOW + timedelta(minutes=1)
    _tick(base, "bitcoin", later, "105.1")
    _at(base, later)
    assert refresh_alerts(base) == 0


def _exchange(connection, name, age_s, volume="5000000"):
    connection.execute(
        "insert into market.exchanges (exchange_id, name, rank, volume_usd, updated, polled_at, "
        "snapshot_id, api_version, value_md5) "
        "values (%s, %s, 1, %s, %s, %s, 's', 'v3', md5('')::uuid)",
        [name, name, volume, NOW - timedelta(seconds=age_s), NOW],
    )


def test_an_exchange_goes_stale_but_a_dead_or_a_tiny_one_is_none(base):
    _exchange(base, "fresh", 400)
    _exchange(base, "slow", 1000)
    _exchange(base, "stuck", 4000)
    _exchange(base, "dead", 60 * 86400)
    _exchange(base, "tiny", 4000, volume="10")
    assert refresh_alerts(base) == 2
    found = {key: value[1] for key, value in _alerts(base).items()}
    assert found == {"exchange_stale|slow": "watch", "exchange_stale|stuck": "warning"}


def _sweep(connection, minute, got, credits=10, kind="sweep", rows=1000, scope=""):
    at = NOW - timedelta(minutes=60 - minute)
    connection.execute(
        "insert into market.polls (snapshot_id, kind, endpoint, page, attempt, polled_at, rows, "
        "accepted, dead_lettered, duplicates, drift_fields, credits, pairs_got, pairs_claimed, "
        "volume_got_usd, volume_claimed_usd, api_version) "
        "values (%s, %s, 'markets', 0, 0, %s, %s, 0, 0, 0, 0, %s, %s, 1000, 99, 100, 'v3')",
        [f"markets-{minute:02d}{scope}", kind, at, rows, credits, got],
    )


def test_an_exchange_that_is_polled_rarely_is_not_stale_between_two_polls(base):
    _exchange(base, "fresh", 60)
    _at(base, NOW + timedelta(hours=3))
    assert refresh_alerts(base) == 0


def test_completeness_is_compared_with_the_usual(base):
    for minute in range(5):
        _sweep(base, minute, 950 + minute)
    assert refresh_alerts(base) == 0
    _sweep(base, 6, 890)
    assert refresh_alerts(base) == 1
    status, severity, message = _alerts(base)["completeness_drop|markets by pair"]
    assert (status, severity) == ("open", "warning")
    assert message == "the last sweep of markets by pair got 89.00 %, usual are 95.20 %"


def test_a_sweep_of_one_exchange_is_not_compared_with_sweeps_of_all(base):
    for minute in range(5):
        _sweep(base, minute, 950 + minute)
    _sweep(base, 6, 500, scope="-binance")
    assert refresh_alerts(base) == 0


def test_a_surge_is_a_share_of_what_came(base):
    _sweep(base, 58, None, kind="page", rows=5000)
    for number in range(100):
        base.execute(
            "insert into market.dead_letters (dead_letter_id, endpoint, polled_at, reason) "
            "values (%s, 'markets', %s, 'wrong_type')", [str(number), NOW],
        )  # fmt: skip
    assert refresh_alerts(base) == 1
    status, severity, message = _alerts(base)["dead_letter_surge|markets"]
    assert (status, severity) == ("open", "warning")
    assert message.startswith("100 rows of markets were refused within 10 min, 2.00 %")


def test_credits_run_out_at_this_pace(base):
    _sweep(base, 1, 950, credits=100)
    assert refresh_alerts(base, 100_000) == 0
    assert refresh_alerts(base, 1200) == 1
    assert _alerts(base)["credits_running_out|month"][1] == "warning"
    assert refresh_alerts(base, 100) == 1
    assert _alerts(base)["credits_running_out|month"][1] == "critical"


def test_the_time_of_an_alert_is_the_data_s(base):
    _exchange(base, "stuck", 4000)
    refresh_alerts(base)
    opened = base.execute("select opened_at, updated_at from market.alerts").fetchone()
    assert opened == (NOW, NOW)


def test_a_closed_alert_keeps_its_last_figures():
    held = judge("stablecoin_peg", None, seen(70), NOW)
    closed = judge("stablecoin_peg", held, None, NOW + timedelta(minutes=1))
    assert closed == replace(
        held, status="closed", closed_at=closed.updated_at, updated_at=NOW + timedelta(minutes=1)
    )
