"""The marts of a month, against the same figures computed from its messages in Python."""

import gzip
import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from bronze_rows import ARRIVED, START
from dbt_command import dbt
from direct_messages import DAY, HOUR, MONTHLY, PAIRS, messages
from pipeline_stack import start
from warehouse_chain import run

from coincap.numbers import to_decimal18

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sent():
    return messages()


@pytest.fixture(scope="module")
def stack(spark, sent, tmp_path_factory):
    stack = start(tmp_path_factory.mktemp("direct"))
    stack.feed(sent.kafka.rows)
    history(stack.lake / "landing" / "history")
    run(stack, spark, ARRIVED, ARRIVED + 3 * HOUR)
    yield stack
    stack.supervisor.stop_all()


def history(folder):
    """CoinCap's price of an hour that we have polled ourselves; no candle may take it."""
    row = {
        "id": "alpha", "priceUsd": "1", "time": int((START + 2 * HOUR).timestamp() * 1000),
        "circulatingSupply": None, "date": "2024-10-17T14:00:00.000Z",
        "_polled_at": "2024-11-01T00:00:00.000Z", "_snapshot_id": "history-1",
    }  # fmt: skip
    folder.mkdir(parents=True)
    with gzip.open(folder / "alpha.ndjson.gz", "wt") as file:
        file.write(json.dumps(row) + "\n")


def near(got, exact, tolerance=1e-12):
    return got == pytest.approx(float(exact), rel=tolerance)


def candles(sent, width: timedelta) -> dict:
    """{(asset, start): [price, ...]} in the order of time; the first poll of a time counts."""
    found: dict = {}
    for name, at, price, _, _ in sorted(sent.assets, key=lambda row: row[:2]):
        since = at - datetime(1970, 1, 1, tzinfo=UTC)
        period = at - since % width
        found.setdefault((name, period), []).append(to_decimal18(price))
    return found


@pytest.mark.parametrize(("frame", "minutes"), [("1m", 1), ("5m", 5), ("1h", 60), ("1d", 1440)])
def test_an_assets_candles_are_of_its_own_polls(stack, sent, frame, minutes):
    expected = {
        key: (prices[0], max(prices), min(prices), prices[-1], len(prices))
        for key, prices in candles(sent, timedelta(minutes=minutes)).items()
    }
    rows = stack.query(
        f"select asset_id, period_start, open, high, low, close, samples "
        f"from marts.asset_candles_{frame}"
    )
    assert {row[:2]: row[2:] for row in rows} == expected


def test_what_is_polled_once_a_month_is_still_there(stack, sent):
    """The plan `free` polls most pairs monthly; 34 days with other pairs were loaded since."""
    rows = stack.query(
        "select exchange_id, asset_id, quote_id, market_polled_at from marts.rpt_market_overview "
        "where exchange_id is not null"
    )
    assert {row[:3] for row in rows} == set(PAIRS)
    polled = {row[0]: row[3] for row in rows}
    assert polled["kraken"] == polled["lbank"] == MONTHLY
    assert polled["binance"] == MONTHLY + 33 * DAY
    assert stack.query("select count(*) from staging.latest_assets") == [(3,)]


def test_newest_rows_are_bounded_by_recent_literals(stack):
    """BigQuery prunes partitions by constants alone."""
    compiled = stack.supervisor.folder.root / "dbt" / "compiled" / "coincap"
    files = [path for path in compiled.rglob("*.sql") if "unit_tests.yml" not in path.parts]
    names = {path.stem: path.read_text("utf-8") for path in files}
    bounded = ("latest_markets", "latest_assets", "movers", "correlation", "candles_are_consistent")
    for name in bounded:
        literals = re.findall(r">= timestamp '([0-9-]+)'", names[name])
        assert literals, name
        assert min(literals) >= str((START - 41 * DAY).date()), name
        assert "load_log" not in names[name]


def test_movers_compare_the_closes_of_24_hours(stack, sent):
    hours = candles(sent, HOUR)
    last = max(period for _, period in hours)
    expected = {}
    for name in ("alpha", "beta"):
        closes = {p: prices[-1] for (n, p), prices in hours.items() if n == name}
        kept = sorted(period for period in closes if period >= last - 24 * HOUR)
        first, newest = closes[kept[0]], closes[kept[-1]]
        change = 100 * (Fraction(newest) / Fraction(first) - 1)
        expected[name] = (kept[0], kept[-1], first, newest, change)
    rows = stack.query(
        "select asset_id, from_hour, to_hour, first_close, last_close, change_percent "
        "from marts.movers"
    )
    assert {row[0]: row[1:5] for row in rows} == {n: v[:4] for n, v in expected.items()}
    for name, *_, change in rows:
        # Of the quotient: a change near zero has lost the digits before it.
        assert near(1 + change / 100, 1 + expected[name][4] / 100)


def test_dominance_is_the_part_of_the_days_last_polls(stack, sent):
    last = {}
    for name, at, _, cap, _ in sorted(sent.assets, key=lambda row: row[1]):
        last[name, at.date()] = to_decimal18(cap)
    totals = Counter()
    for (_, day), cap in last.items():
        totals[day] += Fraction(cap)
    rows = stack.query("select asset_id, day, market_cap_usd, total_market_cap_usd, dominance "
                       "from marts.dominance")  # fmt: skip
    assert {row[:2]: row[2] for row in rows} == last
    for name, day, cap, whole, part in rows:
        assert Fraction(whole) == totals[day]
        assert near(part, Fraction(cap) / totals[day]), name


def test_latency_is_that_of_the_calls(stack, sent):
    hours: dict = {}
    for endpoint, at, status, ms in sent.calls:
        hours.setdefault((endpoint, at.replace(minute=0, second=0)), []).append((status, ms))
    rows = stack.query(
        "select endpoint, hour_start, calls, failed_calls, mean_ms, p50_ms, p95_ms, p99_ms, "
        "credits, rows_received from marts.slo_api_latency"
    )
    assert {row[:2] for row in rows} == hours.keys()
    for endpoint, hour, calls, failed, mean, *quantiles, credits, received in rows:
        measured = hours[endpoint, hour]
        values = sorted(ms for _, ms in measured)
        assert calls == credits == len(measured)
        assert received == 100 * calls
        assert failed == sum(status >= 400 for status, _ in measured)
        assert near(mean, sum(values) / len(values), 1e-9)
        for quantile, part in zip(quantiles, (0.5, 0.95, 0.99), strict=True):
            # BigQuery's quantiles are approximate: one place more or less in the order.
            place = part * (len(values) - 1)
            low, high = max(0, int(place) - 1), min(len(values) - 1, int(place) + 2)
            assert values[low] - 1e-9 <= quantile <= values[high] + 1e-9


def test_completeness_is_that_of_each_sweep(stack, sent):
    expected = {
        at: (got, claimed, round(100 * got / claimed, 4),
             round(float(100 * Fraction(volume) / Fraction(whole)), 4))
        for at, got, claimed, volume, whole in sent.sweeps
    }  # fmt: skip
    rows = stack.query("select polled_at, pairs_got, pairs_claimed, pairs_percent, volume_percent "
                       "from marts.slo_completeness")  # fmt: skip
    assert {row[0]: row[1:3] for row in rows} == {at: v[:2] for at, v in expected.items()}
    for at, *_, pairs, volume in rows:
        assert (near(pairs, expected[at][2]), near(volume, expected[at][3], 1e-7)) == (True, True)


def test_dead_letters_are_counted_by_reason_and_as_a_part_of_all_rows(stack, sent):
    received = Counter()
    for endpoint, at, _, _ in sent.calls:
        received[endpoint, at.date()] += 100
    rows = stack.query("select day, reason, source, field, dead_letters, rows_received, "
                       "share_of_rows from marts.slo_dead_letters")  # fmt: skip
    assert {row[:2]: row[4] for row in rows} == Counter(sent.refused)
    for day, _, source, field, count, whole, share in rows:
        assert (source, field, whole) == ("function", "priceUsd", received["markets", day])
        assert near(share, Fraction(count, whole))


def test_the_slo_page_sums_over_its_windows(stack, sent):
    page = {row[0]: row[1:] for row in stack.query(
        "select measure, value, is_met, measured_over from marts.slo_summary")}  # fmt: skip
    newest = max(at for _, at, _, _ in sent.calls).replace(minute=0, second=0)
    last = [status for _, at, status, _ in sent.calls if at >= newest - 23 * HOUR]
    assert near(page["api_failed_calls_share"][0], sum(s >= 400 for s in last) / len(last))
    share = Fraction(len(sent.refused), 100 * len(sent.calls))
    assert near(page["dead_letters_share"][0], share)
    assert near(page["credits_of_budget"][0], Fraction(len(sent.calls), 4000))
    assert page["stream_batch_disagreeing_hours"][:2] == (None, None)
    assert near(page["duplicates_share"][0], Fraction(sent.copies, len(sent.kafka.rows)))


def test_the_newest_news_of_an_exchange_hold_everywhere(stack):
    """A poll with older news than the one before it changes nothing; the build's tests agree."""
    assert stack.query(
        "select trading_pairs, is_current from marts.dim_exchanges order by valid_from"
    ) == [(8, True)]
    assert stack.query("select trading_pairs from staging.latest_exchanges") == [(8,)]


def test_a_refused_row_is_told_with_its_reason(stack):
    rows = stack.query(
        "select verdict, message_text, count(*) from marts.explain_figures "
        "where mart = 'market_candles_1h' and asset_id = 'alpha' and exchange_id = 'binance' "
        "and verdict like 'dead_letter%' group by 1, 2 order by 1"
    )
    raw = '{"priceUsd": "x"}'
    assert rows == [("dead_letter: missing", raw, 2), ("dead_letter: wrong_type", raw, 3)]


def test_history_of_an_hour_that_was_polled_is_told_as_left_out(stack):
    rows = stack.query(
        "select mart, verdict, price_usd from marts.explain_figures where asset_id = 'alpha' "
        "and record = 'history' and mart in ('asset_candles_1h', 'drawdown') order by 1"
    )
    assert rows == [("asset_candles_1h", "own_polls", 1), ("drawdown", "own_polls", 1)]


def test_a_doubled_message_fails_the_grain(stack):
    """Last: it leaves the copy in the raw table."""
    copy = "select * replace (`offset` + 1000000 as `offset`) from raw.markets"
    stack.query(f"insert into raw.markets {copy} where polled_at = timestamp '{MONTHLY:%F %T}'")
    target = stack.supervisor.folder.root / "dbt"
    done = dbt(["build", "--full-refresh", "--select", "fct_markets"], stack.endpoint, target)
    assert done.returncode == 1
    assert re.search(r"one_row_per_fct_markets\S* failed at exchange_id=", done.stdout)
