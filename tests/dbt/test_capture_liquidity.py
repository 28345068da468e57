"""Shares, spreads and filtered KPIs of the capture, computed from the answers themselves."""

import json
from decimal import Decimal
from fractions import Fraction

import pytest
from played_capture import total

from coincap.numbers import to_decimal18
from coincap.trust import limits, seed

pytestmark = pytest.mark.slow
QUOTES = {row["quote_id"] for row in seed("quotes") if row["official_fx"] != "true"}
FEES = {row["exchange_id"]: int(row["taker_fee_bps"]) for row in seed("exchange_fees")}
FIGURES = {
    "market_cap_usd": "marketCapUsd", "supply": "supply", "volume_usd_24hr": "volumeUsd24Hr"
}  # fmt: skip


@pytest.fixture(scope="module")
def trusted(captures, sent):
    """The captured markets that may price their asset, by asset."""
    polled = json.loads((captures / "markets.json").read_text())["timestamp"]
    found: dict[str, list[dict]] = {}
    for row in sent["markets"]:
        if (
            row["priceUsd"] is not None
            and row["quoteId"] in QUOTES
            and row["updated"] is not None
            and polled - row["updated"] <= 1000 * limits()["max_staleness_s"]
            and Decimal(row["volumeUsd24Hr"] or 0) >= limits()["min_volume_usd"]
        ):
            found.setdefault(row["baseId"], []).append(row)
    assert len(found) > 50
    return found


def near(got, exact):
    return got == pytest.approx(float(exact), rel=1e-12, abs=1e-15)


def test_shares_and_herfindahl_are_those_of_the_trustworthy_volumes(marts, trusted):
    expected = {}
    for asset, rows in trusted.items():
        volumes: dict[str, Fraction] = {}
        for row in rows:
            volume = Fraction(to_decimal18(row["volumeUsd24Hr"]))
            volumes[row["exchangeId"]] = volumes.get(row["exchangeId"], 0) + volume
        whole = sum(volumes.values())
        index = sum((volume / whole) ** 2 for volume in volumes.values())
        for exchange, volume in volumes.items():
            expected[asset, exchange] = (volume / whole, index)
    rows = marts.query("select asset_id, exchange_id, share, herfindahl_index, markets "
                       "from marts.liquidity_share")  # fmt: skip
    assert {row[:2] for row in rows} == expected.keys()
    for asset, exchange, share, index, markets in rows:
        assert near(share, expected[asset, exchange][0])
        assert near(index, expected[asset, exchange][1])
        assert markets == sum(row["exchangeId"] == exchange for row in trusted[asset])


def test_a_spread_sells_where_most_is_left_and_buys_where_least_is_paid(marts, trusted):
    def fee(row):
        return FEES.get(row["exchangeId"], FEES["*"])

    def place(row):
        return row["exchangeId"], row["quoteId"]

    expected = {}
    for asset, markets in trusted.items():
        priced = [(Fraction(to_decimal18(row["priceUsd"])), row) for row in markets]
        priced = [(price, row) for price, row in priced if price > 0]
        if len(priced) < 2:
            continue
        sell = min(priced, key=lambda m: (-m[0] * (10000 - fee(m[1])), place(m[1])))
        buy = min(priced, key=lambda m: (m[0] * (10000 + fee(m[1])), place(m[1])))
        brings, costs = sell[0] * (10000 - fee(sell[1])), buy[0] * (10000 + fee(buy[1]))
        expected[asset] = (
            place(sell[1]), place(buy[1]), sell[0] / buy[0], brings / costs, len(priced)
        )  # fmt: skip
    rows = marts.query(
        "select asset_id, sell_exchange_id, sell_quote_id, buy_exchange_id, buy_quote_id, "
        "gross_bps, net_bps, markets_used from marts.cross_exchange_spreads"
    )
    assert {row[0] for row in rows} == expected.keys()
    assert len(rows) > 20
    for asset, *places, gross, net, used in rows:
        sell, buy, gross_ratio, net_ratio, count = expected[asset]
        assert (*sell, *buy, count) == (*places, used)
        # Of the quotient itself: a spread near zero has lost the digits before it.
        assert near(1 + gross / 10000, gross_ratio)
        assert near(1 + net / 10000, net_ratio)


def test_exchanges_have_their_parts_of_all_volume(marts, sent):
    volumes = {
        row["exchangeId"]: Fraction(to_decimal18(row["volumeUsd"]))
        for row in sent["exchanges"] if row["volumeUsd"] is not None
    }  # fmt: skip
    whole, summed, expected = sum(volumes.values()), Fraction(0), {}
    for name in sorted(volumes, key=lambda name: (-volumes[name], name)):
        summed += volumes[name]
        expected[name] = (volumes[name] / whole, summed / whole)
    rows = marts.query(
        "select exchange_id, volume_share, cumulative_share from marts.exchange_concentration "
        "where volume_usd is not null"
    )
    assert {row[0] for row in rows} == expected.keys()
    for name, share, cumulative in rows:
        assert near(share, expected[name][0])
        assert near(cumulative, expected[name][1])


@pytest.mark.parametrize("exchange", [None, "binance", "kraken", "alterdice"])
@pytest.mark.parametrize("asset", [None, "bitcoin"])
def test_the_field_of_a_kpi_card_counts_each_asset_once_under_any_filter(
    marts, sent, exchange, asset
):
    """The calculated field that dbt/README.md gives for Looker Studio, as BigQuery has it."""
    fields = ", ".join(
        f"case when count(distinct exchange_id) = 1 then sum(asset_{name}_once_per_exchange) "
        f"else sum(asset_{name}_once) end"
        for name in FIGURES
    )
    wanted = [f"exchange_id = '{exchange}'"] if exchange else []
    wanted += [f"asset_id = '{asset}'"] if asset else []
    query = f"select {fields} from marts.rpt_market_overview where {' and '.join(wanted) or 'true'}"
    shown = {
        row["baseId"] for row in sent["markets"] if exchange in (None, row["exchangeId"])
    }  # fmt: skip
    chosen = [
        row for row in sent["assets"]
        if (not exchange or row["id"] in shown) and asset in (None, row["id"])
    ]  # fmt: skip
    assert chosen or exchange
    assert marts.query(query) == [tuple(total(chosen, name) for name in FIGURES.values())]


def test_a_candle_of_history_names_its_file(marts):
    """The hours of our own polls are made of them alone, every other of CoinCap's price."""
    hours = marts.query(
        "select candles.source, figures.record, figures.verdict, count(*), "
        "countif(figures.topic like '%.ndjson.gz') "
        "from marts.asset_candles_1h as candles inner join marts.explain_figures as figures "
        "on candles.asset_id = figures.asset_id and candles.period_start = figures.first_period "
        "where figures.mart = 'asset_candles_1h' and figures.asset_id = 'bitcoin' "
        "and figures.record != 'market' group by 1, 2, 3"
    )
    found = {row[:3]: row[3:] for row in hours}
    assert found.keys() == {("history", "history", "sample"), ("markets", "asset", "sample")}
    samples, files = found["history", "history", "sample"]
    assert samples == files > 300
    days = marts.query(
        "select count(*) from marts.explain_figures where mart = 'drawdown' "
        "and asset_id = 'bitcoin' and record = 'history' and verdict = 'sample'"
    )
    assert days == [(samples,)]
