"""The simulated API: paging, clock, credits, limits, faults."""

import pytest

from simulator.local import running

NOW = "2024-10-17T12:40:00Z"
OPTIONS = ("--markets", "500", "--assets", "120", "--now", NOW, "--frozen")


@pytest.fixture
def simulator():
    with running(*OPTIONS) as started:
        yield started


def test_pages_cover_every_market_once_sorted_by_exchange(simulator, get):
    rows = []
    for offset in range(0, 700, 100):
        rows += get(simulator, f"v3/markets?offset={offset}")[1]["data"]
    keys = [(row["exchangeId"], row["baseId"], row["quoteId"]) for row in rows]
    assert len(keys) == len(set(keys)) == 500
    assert [key[0] for key in keys] == sorted(key[0] for key in keys)


def test_exchanges_claim_the_pairs_that_markets_list(simulator, get):
    rows = get(simulator, "v3/markets?limit=2000")[1]["data"]
    for exchange in get(simulator, "v3/exchanges")[1]["data"]:
        listed = sum(row["exchangeId"] == exchange["exchangeId"] for row in rows)
        assert int(exchange["tradingPairs"]) == listed


@pytest.mark.parametrize(
    ("query", "field", "value"),
    [
        ("exchangeId=binance", "exchangeId", "binance"),
        ("baseId=bitcoin", "baseId", "bitcoin"),
        ("quoteId=tether", "quoteId", "tether"),
    ],
)
def test_filters_narrow_markets(simulator, get, query, field, value):
    rows = get(simulator, f"v3/markets?{query}")[1]["data"]
    assert {row[field] for row in rows} == {value}


def test_the_same_seed_and_time_give_the_same_bytes(get):
    answers = []
    for times in ([NOW], ["2024-10-18T00:00:00Z", "2024-01-01T00:00:00Z", NOW]):
        with running(*OPTIONS) as started:
            for time in times:
                started.set_clock(time)
                get(started, "v3/markets")
            answers.append([get(started, f"v3/{name}") for name in ("markets", "assets", "rates")])
    assert answers[0] == answers[1]


def test_prices_move_with_the_clock_and_updates_lag_behind_it(simulator, get):
    before = get(simulator, "v3/markets?limit=2000")[1]
    simulator.set_clock("2024-10-17T12:41:00Z")
    after = get(simulator, "v3/markets?limit=2000")[1]
    assert after["timestamp"] - before["timestamp"] == 60_000
    pairs = list(zip(before["data"], after["data"], strict=True))
    same = [(old, new) for old, new in pairs if old["updated"] == new["updated"]]
    assert 0 < len(same) < len(pairs)
    assert all(old["priceQuote"] == new["priceQuote"] for old, new in same)
    assert any(old["priceUsd"] != new["priceUsd"] for old, new in same)
    assert all(row["updated"] <= after["timestamp"] - 40_000 for row in after["data"])


def test_history_agrees_with_what_was_polled_then(simulator, get):
    simulator.set_clock("2024-10-17T10:00:00Z")
    price = float(get(simulator, "v3/assets/bitcoin")[1]["data"]["priceUsd"])
    simulator.set_clock(NOW)
    at = 1_729_159_200_000
    path = f"v3/assets/bitcoin/history?interval=h1&start={at}&end={at + 3_600_000}"
    (row,) = get(simulator, path)[1]["data"]
    assert float(row["priceUsd"]) == pytest.approx(price, rel=1e-12)


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("v3/assets/nothing", 404, "not found"),
        ("v4/assets", 404, "no API"),
        ("v3/markets?limit=-1", 400, "limit"),
        ("v3/assets/bitcoin/history", 400, "interval"),
    ],
)
def test_what_cannot_be_answered_is_an_error_in_json(simulator, get, path, status, words):
    code, body = get(simulator, path)
    assert code == status
    assert words in body["error"]


def test_a_key_is_asked_for(get):
    with running(*OPTIONS, "--key", "k1") as started:
        assert get(started, "v3/rates")[0] == 401
        assert get(started, "v3/rates?apiKey=k1")[0] == 200
        assert get(started, "v3/rates", Authorization="Bearer k1")[0] == 200


def test_credits_are_counted_and_end(get):
    with running(*OPTIONS, "--credits-per-month", "10") as started:
        assert get(started, "v3/rates")[0] == 200
        assert started.state()["credits"] == {"2024-10": 9}
        assert get(started, "v3/rates")[0] == 200
        assert get(started, "v3/rates") == (
            403,
            {"error": "Forbidden: Monthly usage limit exceeded"},
        )
        started.set_clock("2024-11-01T00:00:00Z")
        assert get(started, "v3/rates")[0] == 200


def test_calls_per_minute_end(get):
    with running(*OPTIONS, "--calls-per-minute", "2") as started:
        codes = [get(started, "v3/rates")[0] for _ in range(3)]
        assert codes == [200, 200, 429]


def test_a_fault_strikes_by_header_and_by_count(simulator, get):
    header = {"X-Sim-Fault": "server_error"}
    assert get(simulator, "v3/rates", **header)[0] == 503
    simulator.set_faults(farewell={"count": 1})
    code, body = get(simulator, "v2/rates")
    assert (code, list(body["data"])) == (429, ["message"])
    assert get(simulator, "v2/rates")[0] == 200
    assert simulator.state()["struck"] == {"server_error": 1, "farewell": 1}


def test_options_that_do_not_fit_are_refused():
    import urllib.error

    with running(*OPTIONS) as started, pytest.raises(urllib.error.HTTPError):
        started.set_faults(no_such_fault=1.0)
    with pytest.raises(ValueError, match="unknown fault"), running("--faults", '{"x": 1}'):
        pass
