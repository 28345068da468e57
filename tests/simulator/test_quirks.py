"""The simulator is odd as often as CoinCap was: its rates against the captures'."""

import json
import statistics

import pytest

from coincap.trust import seed
from simulator.local import running

NOW = "2024-10-17T12:40:59Z"


def market_rates(envelope: dict, rate_ids: set[str]) -> dict[str, float]:
    """Return the quirks of one page of markets as shares of its rows, lags in seconds."""
    rows, at = envelope["data"], envelope["timestamp"]
    lags = sorted((at - row["updated"]) / 1000 for row in rows)
    size = len(rows)
    prices: dict[str, list[float]] = {}
    for row in rows:
        if row["priceUsd"]:
            prices.setdefault(row["baseId"], []).append(float(row["priceUsd"]))
    typical = {base: statistics.median(found) for base, found in prices.items() if len(found) >= 3}
    far = [
        abs(float(row["priceUsd"]) / typical[row["baseId"]] - 1) > 0.05
        for row in rows
        if row["priceUsd"] and typical.get(row["baseId"])
    ]
    return {
        "trades_null": sum(row["tradesCount24Hr"] is None for row in rows) / size,
        "percent_null": sum(row["percentExchangeVolume"] is None for row in rows) / size,
        "price_null": sum(row["priceUsd"] is None for row in rows) / size,
        "null_explained": float(
            all((row["priceUsd"] is None) == (row["quoteId"] not in rate_ids) for row in rows)
        ),
        "over_an_hour": sum(lag > 3600 for lag in lags) / size,
        "lag_p50": lags[size // 2],
        "lag_p90": lags[size * 9 // 10],
        "lag_p99": lags[size * 99 // 100],
        "lag_min": lags[0],
        "far_from_median": sum(far) / len(far),
        "quotes": float(len({row["quoteId"] for row in rows})),
        "tether_quotes": sum(row["quoteId"] == "tether" for row in rows) / size,
    }


TOLERANCE = {
    "trades_null": 0.15,
    "percent_null": 0.35,
    "price_null": 1.5,
    "null_explained": 0.0,
    "over_an_hour": 0.5,
    "lag_p50": 0.35,
    "lag_p90": 0.35,
    "lag_p99": 0.35,
    "lag_min": 0.5,
    "far_from_median": 0.6,
    "quotes": 0.4,
    "tether_quotes": 0.2,
}
"""Largest difference, as a share of the captured rate."""


@pytest.fixture(scope="module")
def simulated():
    options = ("--markets", "2000", "--exchanges", "100", "--now", NOW, "--frozen", "--seed", "7")
    with running(*options) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def rates(simulated, captures):
    import urllib.request

    def measured(read) -> dict[str, float]:
        ids = {row["id"] for row in read("rates")["data"]}
        return market_rates(read("markets"), ids)

    def ask(name):
        with urllib.request.urlopen(f"{simulated.address}/v2/{name}?limit=2000") as answer:
            return json.load(answer)

    return measured(ask), measured(lambda name: json.loads((captures / f"{name}.json").read_text()))


@pytest.mark.parametrize("quirk", TOLERANCE)
def test_markets_are_as_odd_as_captured(rates, quirk):
    simulated, captured = rates[0][quirk], rates[1][quirk]
    print(f"{quirk}: simulated {simulated:.4f}, captured {captured:.4f}")
    assert simulated == pytest.approx(captured, rel=TOLERANCE[quirk])
    assert captured > 0


def test_exchanges_are_as_odd_as_captured(simulated, captures, get):
    def counts(envelope: dict) -> dict[str, int]:
        rows, at = envelope["data"], envelope["timestamp"]
        return {
            "rows": len(rows),
            "null_volume": sum(row["volumeUsd"] is None for row in rows),
            "null_percent": sum(row["percentTotalVolume"] is None for row in rows),
            "null_socket": sum(row["socket"] is None for row in rows),
            "no_pairs": sum(row["tradingPairs"] == "0" for row in rows),
            "never": sum(row["updated"] == 0 for row in rows),
            "stale_day": sum(at - row["updated"] > 86_400_000 for row in rows),
        }

    ours = counts(get(simulated, "v2/exchanges?limit=2000")[1])
    assert ours == counts(json.loads((captures / "exchanges.json").read_text()))
    assert ours["never"] == 13


def test_rates_are_the_captured_currencies(simulated, captures, get):
    captured = json.loads((captures / "rates.json").read_text())["data"]
    ours = get(simulated, "v3/rates")[1]["data"]
    assert {row["id"] for row in ours} == {row["id"] for row in captured}
    assert sum(row["currencySymbol"] is None for row in ours) == 63


def test_fields_are_coincaps(simulated, captures, get):
    for endpoint in ("markets", "exchanges", "rates", "assets"):
        captured = json.loads((captures / f"{endpoint}.json").read_text())["data"][0]
        ours = get(simulated, f"v2/{endpoint}?limit=1")[1]["data"][0]
        assert list(ours) == list(captured)
    v3 = json.loads((captures / "asset-bitcoin-v3.json").read_text())["data"]
    assert list(get(simulated, "v3/assets/bitcoin")[1]["data"]) == list(v3)


def test_history_has_the_captured_gaps(simulated, get):
    """713 of 720 hours, the gaps shared by all assets."""
    start = 1_726_531_200_000
    path = f"history?interval=h1&start={start}&end={start + 720 * 3_600_000}"
    hours = {
        name: [row["time"] for row in get(simulated, f"v3/assets/{name}/{path}")[1]["data"]]
        for name in ("bitcoin", "ethereum")
    }
    assert hours["bitcoin"] == hours["ethereum"]
    assert len(hours["bitcoin"]) == pytest.approx(713, abs=2)


def test_prices_of_an_asset_agree_but_for_official_rates(simulated, get):
    official = {row["quote_id"] for row in seed("quotes") if row["official_fx"] == "true"}
    envelope = get(simulated, "v3/markets?limit=2000")[1]
    fresh = [
        row
        for row in envelope["data"]
        if row["baseId"] == "bitcoin"
        and row["priceUsd"]
        and envelope["timestamp"] - row["updated"] < 900_000
        and float(row["volumeUsd24Hr"]) >= 10_000
    ]
    fair = [float(row["priceUsd"]) for row in fresh if row["quoteId"] not in official]
    assert len(fair) >= 5
    assert max(fair) / min(fair) < 1.01
