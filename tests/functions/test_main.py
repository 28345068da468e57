"""The entry points, called over HTTP through functions-framework, with a real broker."""

import json
from pathlib import Path

import functions_framework
import pytest

from ingest import claims
from ingest.lake import LocalLake
from ingest.tick import Tick

from .conftest import KEY, NOW

MAIN = Path(__file__).resolve().parents[2] / "functions" / "main.py"


@pytest.fixture
def call(monkeypatch, tmp_path, simulator, kafka):
    """Call an entry point by name; returns status and JSON."""
    monkeypatch.setenv("COINCAP_LAKE", str(tmp_path / "lake"))
    monkeypatch.setenv("COINCAP_KAFKA_BOOTSTRAP", kafka.bootstrap)
    monkeypatch.setenv("COINCAP_API_URL", simulator.url)
    monkeypatch.setenv("COINCAP_API_KEY", KEY)
    monkeypatch.setenv("COINCAP_POLLED_AT", "envelope")

    def post(name: str, body, **headers) -> tuple[int, dict]:
        client = functions_framework.create_app(name, str(MAIN)).test_client()
        content = {} if body is None else {"json": body}
        answer = client.post("/", headers=headers, **content)
        return answer.status_code, answer.get_json()

    return post


def test_poll_publishes_to_kafka_and_may_be_called_twice(call, tail, simulator):
    markets = tail("coincap.markets")
    body = {"endpoints": ["exchanges", "markets"], "scheduled_at": NOW}
    status, answer = call("poll", body)
    assert status == 200
    assert [item["published"] for item in answer["sweeps"]] == [100, 2600]
    calls = simulator.state()["calls"]
    status, again = call("poll", body)
    assert (status, again["sweeps"][1]["status"]) == (200, "done before")
    assert simulator.state()["calls"] == calls
    mine = markets.read()
    snapshots = {dict(message.headers)["snapshot_id"] for message in mine}
    assert snapshots == {b"markets-20241017T124000Z"}
    assert len(mine) == len({message.key for message in mine}) == 2600
    assert all(json.loads(message.value)["priceQuote"] for message in mine)


def test_a_lost_tick_is_published_again_on_request(call, simulator):
    body = {"endpoints": ["rates"], "scheduled_at": "2024-10-17T12:47:00Z"}
    assert call("poll", body)[0] == 200
    calls = simulator.state()["calls"]
    status, answer = call("poll", body | {"again": True})
    assert (status, answer["sweeps"][0]["status"]) == (200, "published again")
    assert simulator.state()["calls"] == calls
    assert call("poll", {"endpoints": ["rates"], "again": True})[0] == 400


def test_a_retry_of_the_scheduler_is_the_same_tick(call, simulator):
    tick = {"X-CloudScheduler-ScheduleTime": "2024-10-17T12:43:00.123Z"}
    status, answer = call("poll", {"endpoints": ["rates"]}, **tick)
    assert status == 200
    assert answer["sweeps"][0]["snapshot_id"] == "rates-20241017T124300Z"
    calls = simulator.state()["calls"]
    assert call("poll", {"endpoints": ["rates"]}, **tick)[1]["sweeps"][0]["status"] == "done before"
    assert simulator.state()["calls"] == calls


def test_a_tick_that_another_worker_has_is_a_409(call, tmp_path):
    lake, now_ms = LocalLake(str(tmp_path / "lake")), 1_729_168_800_000
    claims.take(lake, Tick("rates", now_ms), 2**52, lease_s=600)
    status, answer = call("poll", {"endpoints": ["rates"], "scheduled_at": NOW})
    assert (status, answer["sweeps"][0]["status"]) == (409, "running elsewhere")


def test_poll_takes_the_jobs_of_the_cadence(call):
    sweeps = [{"endpoint": "markets", "scope": "binance~15"}, {"endpoint": "rates", "scope": None}]
    status, answer = call("poll", {"sweeps": sweeps, "scheduled_at": "2024-10-17T12:41:00Z"})
    assert status == 200
    assert [item["published"] for item in answer["sweeps"]] == [192, 15]


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("poll", None, "send a JSON object"),
        ("poll", [], "send a JSON object"),
        ("poll", {}, "endpoints: name a list"),
        ("poll", {"endpoints": ["coins"]}, "unknown endpoint 'coins'"),
        ("poll", {"endpoints": [5]}, "texts"),
        ("poll", {"endpoints": ["rates"], "scheduled_at": "yesterday"}, "scheduled_at"),
        ("poll", {"endpoints": ["rates"], "scheduled_at": "2024-10-17T12:40:00"}, "zone"),
        ("poll", {"endpoints": ["rates"], "scope": "binance"}, "only markets"),
        ("poll", {"endpoints": ["markets"], "scope": "../x"}, "scope"),
        ("poll", {"endpoint": ["rates"]}, "unknown member 'endpoint'"),
        ("poll", {"sweeps": ["markets"]}, "sweeps"),
        ("backfill", {"ids": []}, "ids"),
        ("backfill", {"ids": ["bitcoin"], "start": NOW, "end": NOW}, "not before"),
        ("backfill", {"ids": ["bitcoin"], "start": NOW}, "times as"),
        ("backfill", {"ids": ["../x"], "start": "2024-10-01T00:00:00Z", "end": NOW}, "asset's id"),
        ("replay_dead_letters", {"since": "soon"}, "soon"),
        ("replay_dead_letters", {"reasons": []}, "unknown member"),
    ],
)
def test_a_request_that_cannot_be_met_is_answered_in_one_line(call, name, body, words):
    status, answer = call(name, body)
    assert status == 400
    assert words in answer["error"]
    assert "\n" not in answer["error"]


@pytest.mark.parametrize(
    ("fault", "expected"), [("server_error", 502), ("unauthorized", 502), ("spent_403", 502)]
)
def test_a_failed_sweep_is_a_502(call, simulator, monkeypatch, fault, expected):
    monkeypatch.setattr("ingest.client._wait", lambda _state: 0)
    simulator.set_faults(**{fault: 1.0})
    status, answer = call("poll", {"endpoints": ["rates"], "scheduled_at": NOW})
    assert status == expected
    assert KEY not in json.dumps(answer)
    if fault == "spent_403":
        status, answer = call("poll", {"endpoints": ["rates"], "scheduled_at": NOW})
        assert status == 429


@pytest.mark.parametrize("missing", ["COINCAP_LAKE", "COINCAP_KAFKA_BOOTSTRAP"])
def test_a_missing_setting_is_named(call, monkeypatch, missing):
    monkeypatch.delenv(missing)
    status, answer = call("poll", {"endpoints": ["rates"]})
    assert status == 400
    assert missing in answer["error"]


def test_a_broker_that_is_not_there_is_named(call, monkeypatch):
    monkeypatch.setattr("ingest.publish_confluent.BOOTSTRAP_S", 1)
    monkeypatch.setenv("COINCAP_KAFKA_BOOTSTRAP", "127.0.0.1:9")
    status, answer = call("poll", {"endpoints": ["rates"]})
    assert status == 502
    assert "127.0.0.1:9" in answer["error"]
