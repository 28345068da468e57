"""Dead letters: replayed when they pass now, each once, with their poll's provenance."""

import pytest

from coincap import check
from ingest.redeliver import Selection, replay


@pytest.fixture
def refused(deployment, simulator, monkeypatch):
    """A sweep whose rows an older contract refused: ranks are no longer a known field."""
    simulator.set_faults(changed_type=1.0)
    deployment.poll("exchanges")
    simulator.set_faults()
    letters = deployment.recorder.of("coincap.dead-letter")
    assert len(letters) == 100
    deployment.recorder.messages.clear()
    return letters


def forgive(monkeypatch):
    """Loosen the contract: what is refused as of another type passes."""
    original = check._slow

    def loosened(item):
        slow = original(item)
        return (lambda *_: "1") if item.name == "rank" else slow

    monkeypatch.setattr(check, "_slow", loosened)
    check._checks.cache_clear()


@pytest.fixture(autouse=True)
def _restore():
    yield
    check._checks.cache_clear()


def test_rows_that_still_fail_are_not_published(deployment, refused):
    counts = replay(Selection(), deployment.lake, deployment.recorder)
    assert counts == {
        "selected": 100,
        "published": 0,
        "still_refused": 100,
        "replayed_before": 0,
    }
    assert deployment.recorder.messages == []


def test_rows_that_pass_now_are_published_once(deployment, refused, monkeypatch):
    forgive(monkeypatch)
    assert replay(Selection(), deployment.lake, deployment.recorder)["published"] == 100
    topics = {topic for topic, *_ in deployment.recorder.messages}
    assert topics == {"coincap.exchanges"}
    _, key, _, headers = deployment.recorder.messages[0]
    assert (key, headers["snapshot_id"]) == ("binance", "exchanges-20241017T124000Z")
    assert headers["dead_letter_id"] == refused[0]["deadLetterId"]
    deployment.recorder.messages.clear()
    again = replay(Selection(), deployment.lake, deployment.recorder)
    assert (again["published"], again["replayed_before"]) == (0, 100)
    assert deployment.recorder.messages == []


@pytest.mark.parametrize(
    ("selection", "selected"),
    [
        (Selection(reason="wrong_type"), 100),
        (Selection(reason="negative"), 0),
        (Selection(since_ms=1_729_168_800_001), 0),
        (Selection(until_ms=1_729_168_800_000), 0),
        (Selection(since_ms=1_729_168_800_000, until_ms=1_729_168_800_001), 100),
    ],
)
def test_letters_are_chosen_by_reason_and_time(deployment, refused, selection, selected):
    assert replay(selection, deployment.lake, deployment.recorder)["selected"] == selected
