"""The marts over CoinCap's captured answers, against Python's decimals and floats."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from played_capture import total

from coincap.numbers import to_decimal18

pytestmark = pytest.mark.slow
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def closes(captures, sent):
    """Hourly closes per asset: history, and our own poll in the hour that it covers."""
    found: dict[str, dict[datetime, float]] = {}
    with gzip.open(captures / "history-h1.ndjson.gz", "rt") as lines:
        for row in map(json.loads, lines):
            hour = datetime.fromtimestamp(row["time"] / 1000, UTC)
            found.setdefault(row["id"], {})[hour] = float(to_decimal18(row["priceUsd"]))
    for name in ("assets.json", "asset-bitcoin-v3.json"):
        answer = json.loads((captures / name).read_text())
        at = datetime.fromtimestamp(answer["timestamp"] / 1000, UTC)
        hour = at.replace(minute=0, second=0, microsecond=0)
        rows = answer["data"] if isinstance(answer["data"], list) else [answer["data"]]
        for row in rows:
            found.setdefault(row["id"], {})[hour] = float(to_decimal18(row["priceUsd"]))
    return found


def close_to(got, expected, tolerance=1e-9):
    assert got == pytest.approx(expected, rel=tolerance, abs=1e-15)


def test_the_kpis_are_the_sums_over_assets_to_the_last_digit(marts, sent):
    query = (
        "select sum(asset_market_cap_usd_once), sum(asset_volume_usd_24hr_once), "
        "sum(asset_supply_once) from marts.rpt_market_overview"
    )
    names = ("marketCapUsd", "volumeUsd24Hr", "supply")
    assert marts.query(query) == [tuple(total(sent["assets"], name) for name in names)]


def test_one_asset_on_one_exchange_can_be_chosen(marts, sent):
    query = (
        "select quote_id, market_price_usd, market_volume_usd_24hr from marts.rpt_market_overview "
        "where asset_id = 'bitcoin' and exchange_name = 'Binance' order by 1"
    )
    expected = sorted(
        (row["quoteId"], to_decimal18(row["priceUsd"]), to_decimal18(row["volumeUsd24Hr"]))
        for row in sent["markets"]
        if (row["baseId"], row["exchangeId"]) == ("bitcoin", "binance")
    )
    assert marts.query(query) == expected
    assert len(expected) > 1


def test_market_by_exchange_and_supply_by_asset(marts, sent):
    by_exchange = "select exchange_id, sum(market_volume_usd_24hr), count(*) from "
    by_exchange += "marts.rpt_market_overview where exchange_id is not null group by 1"
    groups: dict[str, list] = {}
    for row in sent["markets"]:
        groups.setdefault(row["exchangeId"], []).append(row)
    expected = {name: (total(rows, "volumeUsd24Hr"), len(rows)) for name, rows in groups.items()}
    assert {row[0]: row[1:] for row in marts.query(by_exchange)} == expected
    supply = "select asset_id, max(asset_supply), max(asset_market_cap_usd) from "
    supply += "marts.rpt_market_overview where asset_name is not null group by 1"
    listed = {
        row["id"]: (to_decimal18(row["supply"]), to_decimal18(row["marketCapUsd"]))
        for row in sent["assets"]
    }
    assert {row[0]: row[1:] for row in marts.query(supply)} == listed


def test_price_stands_against_the_quotes_rate(marts, sent):
    query = (
        "select quote_id, quote_rate_usd, market_price_usd, market_price_quote "
        "from marts.rpt_market_overview where market_price_usd is not null"
    )
    rates = {row["id"]: to_decimal18(row["rateUsd"]) for row in sent["rates"]}
    rows = marts.query(query)
    assert len(rows) > 1900
    agree = 0
    for quote, rate, usd, price in rows:
        assert rate == rates[quote]
        agree += abs(price * rate - usd) <= usd * Decimal("0.01")
    assert agree > 0.99 * len(rows)


def test_no_return_is_made_up_between_hours_that_are_no_neighbours(marts, closes):
    """CoinCap's captured h1 history has every second hour; the formulas: test_formulas.py."""
    listed = [sorted(hours) for hours in closes.values()]
    assert not [1 for hours in listed for a, b in pairwise(hours) if b - a == HOUR]
    for table in ("staging.hourly_returns", "marts.realised_volatility", "marts.correlation"):
        assert marts.query(f"select count(*) from {table}") == [(0,)]
    assert marts.query("select count(*) from marts.asset_candles_1h where source = 'history'") == [
        (35_286,)
    ]


def test_drawdown_equals_pythons(marts, closes):
    days: dict[datetime, float] = {}
    for hour, close in sorted(closes["bitcoin"].items()):
        days[hour.replace(hour=0)] = close
    worst, peak = {}, 0.0
    for day, close in days.items():
        peak = max(peak, close)
        worst[day] = close / peak - 1
    query = "select period_start, drawdown from marts.drawdown where asset_id = 'bitcoin'"
    found = dict(marts.query(query))
    assert found.keys() == worst.keys()
    for day, drawdown in found.items():
        close_to(drawdown, worst[day])


def test_dominance_equals_the_quotients(marts, captures):
    listed = json.loads((captures / "assets.json").read_text())["data"]
    caps = {row["id"]: to_decimal18(row["marketCapUsd"]) for row in listed}
    whole = total(listed, "marketCapUsd")
    query = "select asset_id, total_market_cap_usd, dominance from marts.dominance where day < "
    rows = marts.query(query + "date '2022-01-01'")
    assert len(rows) == len(caps)
    for name, stored, dominance in rows:
        assert stored == whole
        close_to(dominance, float(caps[name] / whole), 1e-12)


def test_the_slo_page_is_one_query_and_what_is_missing_is_counted(marts, sent):
    rows = marts.query("select measure, value, target, is_met from marts.slo_summary")
    page = {row[0]: row for row in rows}
    assert len(page) == 14
    nulls = sum(row["priceUsd"] is None for row in sent["markets"]) / len(sent["markets"])
    close_to(page["market_prices_null_share"][1], nulls)
    assert page["market_prices_null_share"][3] is True
    assert page["duplicates_share"][1:] == (0.0, 0.01, True)
    assert page["commands_to_first_chart"][3] is None


def test_an_explained_figure_names_message_offset_and_text(marts, sent):
    rows = marts.query(
        "select exchange_id, quote_id, verdict, topic, topic_offset, message_text, computed_by "
        "from marts.explain_figures where mart = 'cross_exchange_spreads' and asset_id = 'bitcoin'"
    )
    markets = [row for row in sent["markets"] if row["baseId"] == "bitcoin"]
    assert len(rows) == len(markets)
    texts = {(row[0], row[1]): json.loads(row[5]) for row in rows}
    for row in markets:
        assert texts[row["exchangeId"], row["quoteId"]]["priceUsd"] == row["priceUsd"]
    assert {row[2] for row in rows} >= {"sample", "official_fx"}
    assert all(row[3] == "coincap.markets" and row[4] is not None for row in rows)
    assert {row[6] for row in rows} == {"dbt/models/liquidity/cross_exchange_spreads.sql"}
