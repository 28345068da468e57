"""When a poll fact is: by the clock that dates its poll, and never of its message's future.

With COINCAP_POLLED_AT=envelope the API's clock may be years behind the wall clock.
"""

import pytest

from coincap.check import check_rows
from coincap.contract import record_type
from coincap.normalise import NumberText
from ingest.clock import now_ms, parse

from .conftest import NOW


@pytest.fixture
def behind(deployment, monkeypatch):
    """A deployment on the wall clock, whose simulator stands at a moment of 2024."""
    monkeypatch.setattr(deployment, "clock", now_ms)
    return deployment


def facts_as_the_stream_sees_them(deployment) -> list[dict]:
    """Return every fact; each passes the contract's check at its own message's time."""
    found = deployment.recorder.of("coincap.polls")
    sent = [each for each in deployment.recorder.messages if each[0] == "coincap.polls"]
    assert len(found) == len(sent) > 0
    for fact, (_, key, _, headers) in zip(found, sent, strict=True):
        row = {**fact, "polledAt": NumberText(fact["polledAt"])}
        checked = check_rows(record_type("poll"), [row], parse(headers["polled_at"]))
        assert not checked.refused, (key, checked.refused)
    return found


def test_a_call_that_a_retry_made_up_for_is_of_its_pages_time(behind):
    behind.simulator.set_faults(server_error={"count": 2})
    assert behind.poll("markets")[0]["status"] == "done"
    found = [fact for fact in facts_as_the_stream_sees_them(behind) if fact["page"] == "1"]
    assert [fact["status"] for fact in found] == ["503", "503", "200"]
    assert {fact["polledAt"] for fact in found} == {parse(NOW)}


def test_the_calls_of_a_sweep_that_failed_are_of_its_tick(behind):
    behind.simulator.set_faults(server_error=1.0)
    assert behind.poll("markets", at="2024-10-17T12:39:00Z")[0]["status"] == "failed"
    found = facts_as_the_stream_sees_them(behind)
    assert [fact["polledAt"] for fact in found] == [parse("2024-10-17T12:39:00Z")] * 3


def test_the_calls_of_a_page_that_never_came_are_of_the_page_before(behind):
    settings = behind.with_settings(page_size=1000)
    behind.poll("exchanges")
    for minute in range(12):
        behind.simulator.set_faults(html={"rate": 0.5})
        summary = behind.poll("markets", at=f"2024-10-17T12:{minute:02d}:00Z", settings=settings)
        if summary[0]["status"] == "partial":
            break
    else:
        pytest.fail("no listing broke off in twelve tries")
    partial = summary[0]["snapshot_id"]
    found = [f for f in facts_as_the_stream_sees_them(behind) if f["snapshotId"] == partial]
    assert {fact["polledAt"] for fact in found} == {parse(NOW)}
    assert sum(fact["error"] is not None for fact in found if fact["kind"] == "page") >= 3


def test_by_the_wall_clock_each_call_has_its_own_time(behind):
    behind.simulator.set_faults(server_error={"count": 1})
    began = now_ms()
    settings = behind.with_settings(polled_at="clock")
    assert behind.poll("exchanges", settings=settings)[0]["status"] == "done"
    found = facts_as_the_stream_sees_them(behind)
    assert all(began <= fact["polledAt"] <= now_ms() for fact in found)
