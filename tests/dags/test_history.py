"""The hours of history worth asking for: those outside our own, in few calls."""

import pytest
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from coincap_dags import history
from coincap_dags.history import (
    HOUR_MS,
    SHORT,
    NothingLoaded,
    assets,
    milliseconds,
    polled,
    unpolled,
)

START, END = milliseconds("2024-10-01T00:00:00Z"), milliseconds("2024-10-03T00:00:00Z")


@pytest.fixture
def client(emulator, monkeypatch):
    """Of a dataset of its own: the other tests' tables stand in raw."""
    monkeypatch.setattr(history, "DATASET", "history_raw")
    return bigquery.Client(
        "coincap-local",
        credentials=AnonymousCredentials(),
        client_options=ClientOptions(api_endpoint=emulator.endpoint),
    )


def hours(*ranges):
    return [(low * HOUR_MS, high * HOUR_MS) for low, high in ranges]


@pytest.mark.parametrize(
    ("ours", "gaps"),
    [
        ([], [(0, 100)]),
        ([(0, 100)], []),
        ([(0, 1), (98, 100)], [(1, 98)]),
        ([(40, 40 + SHORT)], [(0, 40), (40 + SHORT, 100)]),
        ([(40, 39 + SHORT)], [(0, 100)]),
        ([(10, 30), (32, 36), (90, 100)], [(0, 10), (30, 90)]),
    ],
)
def test_what_we_polled_is_left_out_unless_a_second_call_costs_more(ours, gaps):
    assert unpolled(0, 100 * HOUR_MS, hours(*ours)) == hours(*gaps)


def test_no_hour_that_we_lack_is_ever_left_out():
    ours = hours((3, 9), (20, 60), (61, 62), (80, 97))
    asked = unpolled(0, 100 * HOUR_MS, ours)
    lacking = {h for h in range(100) if not any(a <= h * HOUR_MS < b for a, b in ours)}
    assert lacking <= {h for h in range(100) if any(a <= h * HOUR_MS < b for a, b in asked)}


def test_a_time_is_that_of_its_hour():
    assert milliseconds("1970-01-01T02:59:59Z") == 2 * HOUR_MS
    with pytest.raises(ValueError, match="without a zone"):
        milliseconds("1970-01-01T02:59:59")


def test_the_warehouse_says_which_assets_and_hours_we_have(client):
    assert polled(client, START, END) == {}
    with pytest.raises(NothingLoaded, match="ids is empty and no asset is loaded yet"):
        assets(client)
    client.create_dataset("history_raw")
    for statement in (
        "create table history_raw.assets (id STRING, polled_at TIMESTAMP)",
        "insert into history_raw.assets values ('old', timestamp '2024-10-01 00:00:00'), "
        "('two', timestamp '2024-10-02 12:00:00'), ('one', timestamp '2024-10-02 13:00:00')",
        "create table history_raw.asset_candles_1h "
        "(asset_id STRING, period_start TIMESTAMP, source STRING)",
        "insert into history_raw.asset_candles_1h values "
        "('one', timestamp '2024-10-01 05:00:00', 'markets'), "
        "('one', timestamp '2024-10-01 06:00:00', 'markets'), "
        "('one', timestamp '2024-10-01 07:00:00', 'history'), "
        "('one', timestamp '2024-10-01 09:00:00', 'markets'), "
        "('one', timestamp '2024-10-03 00:00:00', 'markets'), "
        "('two', timestamp '2024-10-01 00:00:00', 'markets')",
    ):
        client.query(statement).result()
    assert assets(client) == ["one", "two"]
    ours = {
        asset_id: [((low - START) // HOUR_MS, (high - START) // HOUR_MS) for low, high in spans]
        for asset_id, spans in polled(client, START, END).items()
    }
    assert ours == {"one": [(5, 7), (9, 10)], "two": [(0, 1)]}
