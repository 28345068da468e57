"""The HTTP client: what an error body means, what is sent, how much memory a page takes."""

import tracemalloc

import pytest

from ingest.client import Client, FetchFailed, raise_for_status
from ingest.errors import BadBody, Burst, Final, NotFound, Retryable, SpentMonth

from .conftest import KEY


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (429, b'{"error":"per minute limit exceeded"}', Burst, "per minute"),
        (429, b'{"error":"usage limit exceeded"}', SpentMonth, "usage"),
        (429, b"You exceeded your 200 request(s) rate limit", Burst, "200 request"),
        (429, b'{"data":{"message":"We are deprecating"}}', Final, "retired"),
        (403, b'{"error":"Forbidden: Monthly usage limit exceeded"}', SpentMonth, "Monthly"),
        (403, b'{"error":"Forbidden"}', Final, "COINCAP_API_KEY"),
        (401, b"", Final, "COINCAP_API_KEY"),
        (404, b'{"error":"Asset history not found"}', NotFound, "not found"),
        (500, b"<html>", Retryable, "500"),
        (408, b"", Retryable, "408"),
        (301, b"", Final, "301"),
        (400, b'{"error":"bad\\nlimit"}', Final, "bad limit"),
    ],
)
def test_only_the_body_tells_a_burst_from_a_spent_month(status, body, error, words):
    with pytest.raises(error, match=words) as raised:
        raise_for_status(status, body, {})
    assert type(raised.value) is error
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("body", "permanent"),
    [(b'{"error":"Asset history not found"}', True), (b'{"error":"no such route"}', False)],
)
def test_only_a_missing_history_is_permanent(body, permanent):
    with pytest.raises(NotFound) as raised:
        raise_for_status(404, body, {})
    assert raised.value.permanent is permanent


@pytest.mark.parametrize(
    ("headers", "wait_s"), [({}, 60.0), ({"retry-after": "7"}, 7.0), ({"Retry-After": "x"}, 60.0)]
)
def test_the_wait_is_what_coincap_asks_for(headers, wait_s):
    with pytest.raises(Burst) as raised:
        raise_for_status(429, b'{"error":"per minute limit exceeded"}', headers)
    assert raised.value.wait_s == wait_s


def test_the_key_is_sent_as_a_bearer_and_netrc_is_left_alone(deployment, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert Client(deployment.settings).get("rates", {}).envelope.rows
    wrong = deployment.with_settings(api_key="wrong")
    with pytest.raises(FetchFailed, match="401"):
        Client(wrong).get("rates", {})
    assert KEY not in repr(deployment.settings)


def test_a_failure_lists_every_call(deployment):
    deployment.simulator.set_faults(html=1.0)
    client = Client(deployment.settings, sleep=deployment.slept.append)
    with pytest.raises(FetchFailed) as raised:
        client.get("rates", {})
    assert [call.attempt for call in raised.value.calls] == [1, 2, 3]
    assert all(call.size and call.latency_ms for call in raised.value.calls)
    assert isinstance(raised.value.cause, BadBody)
    assert all(0 < seconds <= 22 for seconds in deployment.slept)
    assert deployment.slept[0] != deployment.slept[1]


def test_waiting_ends_at_the_deadline(deployment):
    deployment.simulator.set_faults(burst_429=1.0)
    settings = deployment.with_settings(deadline_s=30.0)
    with pytest.raises(FetchFailed, match="per minute"):
        Client(settings, sleep=deployment.slept.append).get("rates", {})
    assert deployment.slept == []


def test_after_the_deadline_nothing_is_asked(deployment, simulator):
    client = Client(deployment.with_settings(deadline_s=0.0))
    before = simulator.state()["calls"]
    with pytest.raises(FetchFailed, match="not asked: the 0 s of this call are over") as raised:
        client.get("rates", {})
    assert raised.value.calls == []
    assert simulator.state()["calls"] == before


def test_a_full_page_needs_less_than_50_mib(deployment):
    client = Client(deployment.settings)
    client.get("rates", {})
    tracemalloc.start()
    try:
        answer = client.get("markets", {"limit": 2000})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(answer.envelope.rows) == 2000
    assert peak < 50 * 2**20
