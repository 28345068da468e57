"""A sweep: every row is published once or accounted for, and a poll is one content."""

import json
from dataclasses import replace

import pytest

from ingest import claims
from ingest.errors import PublishFailed
from ingest.tick import Tick

NOW = "2024-10-17T12:40:00Z"


def adds_up(summary: dict) -> bool:
    parts = summary["published"] + summary["dead_lettered"] + summary["duplicates"]
    return summary["received"] == parts


def test_all_endpoints_are_swept_whole(deployment):
    summaries = deployment.poll("markets", "exchanges", "assets", "rates")
    got = {item["endpoint"]: item["published"] for item in summaries}
    assert got == {"rates": 192, "assets": 300, "exchanges": 100, "markets": 2600}
    assert [item["endpoint"] for item in summaries] == ["rates", "assets", "exchanges", "markets"]
    for item in summaries:
        assert item["status"] == "done"
        assert adds_up(item)
        assert len(deployment.recorder.of(f"coincap.{item['endpoint']}")) == item["published"]


def test_completeness_is_measured_against_each_exchanges_claim(deployment):
    markets = deployment.poll("exchanges", "markets")[1]
    unlisted = {"bilaxy", "coinone"}
    rows = deployment.recorder.of("coincap.markets")
    listed = [row for row in rows if row["exchangeId"] not in unlisted]
    assert 0 < len(listed) < len(rows)
    assert markets["pairs_got"] == markets["pairs_claimed"] == len(listed)
    assert markets["completeness_percent"] == 100
    assert markets["exchanges_missing"] == []
    fact = deployment.recorder.of("coincap.polls")[-1]
    assert (fact["kind"], fact["pairsGot"]) == ("sweep", str(len(listed)))
    assert fact["exchangesGot"] == fact["exchangesClaimed"] == "72"
    assert float(fact["volumeGotUsd"]) <= float(fact["volumeClaimedUsd"])


def test_messages_carry_key_and_provenance(deployment):
    deployment.poll("markets:binance")
    topic, key, value, headers = deployment.recorder.messages[0]
    row = json.loads(value)
    assert topic == "coincap.markets"
    assert key == f"{row['exchangeId']}|{row['baseId']}|{row['quoteId']}"
    assert headers == {
        "endpoint": "markets",
        "snapshot_id": "markets-20241017T124000Z-binance",
        "polled_at": "2024-10-17T12:40:00.000Z",
        "envelope_at": "2024-10-17T12:40:00.000Z",
        "api_version": "v3",
        "schema_version": "1",
    }
    assert isinstance(row["updated"], int)
    assert isinstance(row["priceQuote"], str)


def test_the_same_tick_publishes_nothing_new_once_it_is_done(deployment):
    deployment.poll("markets")
    calls, sent = deployment.simulator.state()["calls"], len(deployment.recorder.messages)
    again = deployment.poll("markets")[0]
    assert again["status"] == "done before"
    assert deployment.simulator.state()["calls"] == calls
    assert len(deployment.recorder.messages) == sent


def test_a_finished_tick_can_be_published_again_from_its_pages(deployment):
    deployment.poll("markets")
    calls, first = deployment.simulator.state()["calls"], list(deployment.recorder.messages)
    again = deployment.poll("markets", again=True)[0]
    assert again["status"] == "published again"
    assert deployment.simulator.state()["calls"] == calls
    assert deployment.recorder.messages[len(first) :] == first


def test_a_retry_after_a_failed_publish_sends_the_same_bytes_and_asks_nothing(deployment):
    deployment.recorder.fail = PublishFailed("3 messages were not acknowledged")
    failed = deployment.poll("markets")[0]
    assert failed["status"] == "failed"
    assert "not acknowledged" in failed["error"]
    first, calls = list(deployment.recorder.messages), deployment.simulator.state()["calls"]
    deployment.recorder.messages.clear()
    deployment.simulator.set_clock("2024-10-17T12:55:00Z")
    again = deployment.poll("markets")[0]
    assert again["status"] == "done"
    assert deployment.recorder.messages == first
    assert deployment.simulator.state()["calls"] == calls


def test_a_lease_keeps_a_second_worker_out_until_it_expires(deployment):
    now = deployment.clock()
    tick = Tick("markets", now)
    assert claims.take(deployment.lake, tick, now, lease_s=600)
    assert deployment.poll("markets")[0]["status"] == "running elsewhere"
    deployment.simulator.set_clock("2024-10-17T12:50:01Z")
    assert deployment.poll("markets")[0]["status"] == "done"


def test_pages_of_a_worker_that_died_are_not_asked_for_again(deployment):
    deployment.poll("markets", at="2024-10-17T12:39:00Z")
    deployment.simulator.set_faults(server_error={"rate": 1.0})
    whole = deployment.folder / "raw/markets/2024-10-17/markets-20241017T123900Z"
    died = deployment.folder / "raw/markets/2024-10-17/markets-20241017T124000Z"
    died.mkdir(parents=True)
    for page in ("page-0001.json.gz", "page-0001.meta.json", "page-0002.json.gz"):
        (died / page).write_bytes((whole / page).read_bytes())
    deployment.simulator.set_faults()
    before = deployment.simulator.state()["calls"]
    summary = deployment.poll("markets")[0]
    assert (summary["published"], summary["pages"]) == (2600, 3)
    assert deployment.simulator.state()["calls"] == before + 2


def test_rows_that_move_between_pages_are_published_once(tmp_path, recorder):
    from simulator.local import running

    from .conftest import KEY, SMALL, Deployment

    with running(*SMALL, "--key", KEY, "--moving-rows", "1", "--seed", "3") as simulator:
        moved = Deployment(simulator, tmp_path / "lake", recorder)
        moved.settings = replace(moved.settings, page_size=200)
        summary = moved.poll("exchanges", "markets")[1]
    keys = [key for topic, key, _, _ in recorder.messages if topic == "coincap.markets"]
    assert len(keys) == len(set(keys)) == summary["published"]
    assert summary["duplicates"] > 0
    assert adds_up(summary)
    assert summary["pairs_got"] < summary["pairs_claimed"]
    assert summary["exchanges_short"]


def test_a_head_brings_the_largest_pairs_in_one_call(deployment):
    before = deployment.simulator.state()["calls"]
    summary = deployment.poll("markets:binance~15")[0]
    assert deployment.simulator.state()["calls"] == before + 1
    ranks = [int(row["rank"]) for row in deployment.recorder.of("coincap.markets")]
    assert ranks == list(range(1, 16))
    assert summary["pairs_claimed"] is None


@pytest.mark.parametrize("body_gzip", [True])
def test_compressed_answers_are_read(tmp_path, recorder, body_gzip):
    from simulator.local import running

    from .conftest import KEY, SMALL, Deployment

    with running(*SMALL, "--key", KEY, "--gzip") as simulator:
        summary = Deployment(simulator, tmp_path / "lake", recorder).poll("assets")[0]
    assert (summary["status"], summary["published"]) == ("done", 300)
