"""Each fault of the API in turn: what the caller sees, what is logged, what is counted."""

import json

import pytest

from .conftest import KEY

NOW = "2024-10-17T12:40:00Z"
NEXT = "2024-10-17T12:41:00Z"


def facts(deployment) -> list[dict]:
    return deployment.recorder.of("coincap.polls")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("cut_body", "no answer"),
        ("html", "HTML"),
        ("error_in_200", "error inside a 200: internal error"),
        ("data_object", "data is an object"),
        ("not_utf8", "not UTF-8"),
        ("deep_body", "too deep"),
        ("server_error", "503"),
        ("timeout", "no answer"),
    ],
)
def test_a_passing_fault_is_retried_until_it_is_over(deployment, log_lines, fault, words):
    deployment.simulator.set_faults(**{fault: {"count": 2, "seconds": 0.01}})
    summary = deployment.poll("markets")[0]
    assert (summary["status"], summary["published"]) == ("done", 2600)
    tries = [f for f in facts(deployment) if f["page"] == "1"]
    assert [f["attempt"] for f in tries] == ["1", "2", "3"]
    assert words in tries[0]["error"]
    assert tries[2]["error"] is None
    assert len(deployment.slept) == 2
    assert sum(line["message"] == "call failed" for line in log_lines()) == 2


@pytest.mark.parametrize("fault", ["cut_body", "html", "error_in_200", "server_error"])
def test_a_lasting_fault_fails_in_one_line_and_can_be_called_again(deployment, fault):
    deployment.simulator.set_faults(**{fault: 1.0})
    failed = deployment.poll("markets")[0]
    assert failed["status"] == "failed"
    assert "\n" not in failed["error"]
    assert [f["attempt"] for f in facts(deployment)] == ["1", "2", "3"]
    assert deployment.recorder.of("coincap.markets") == []
    deployment.simulator.set_faults()
    again = deployment.poll("markets")[0]
    assert (again["status"], again["published"]) == ("done", 2600)
    keys = [key for topic, key, _, _ in deployment.recorder.messages if topic == "coincap.polls"]
    assert len(keys) == len(set(keys))


def test_a_listing_that_breaks_off_is_published_as_far_as_it_came(deployment):
    settings = deployment.with_settings(page_size=1000)
    deployment.poll("exchanges")
    deployment.simulator.set_faults(html={"rate": 0.5})
    statuses = set()
    for minute in range(12):
        at = f"2024-10-17T12:{minute:02d}:00Z"
        summary = deployment.poll("markets", at=at, settings=settings)[0]
        statuses.add(summary["status"])
        if summary["status"] != "partial":
            continue
        assert summary["published"] in (1000, 2000, 2600)
        assert "HTML" in summary["error"]
        assert summary["pairs_got"] <= summary["published"]
        fact = [f for f in facts(deployment) if f["snapshotId"] == summary["snapshot_id"]][-1]
        assert (fact["kind"], fact["error"]) == ("sweep", summary["error"])
        assert deployment.poll("markets", at=at)[0]["status"] == "done before"
    assert "partial" in statuses


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("unauthorized", "check COINCAP_API_KEY"),
        ("farewell", "retired"),
        ("huge_body", "larger than 8388608 bytes"),
        ("redirect", "302"),
    ],
)
def test_what_no_retry_cures_is_asked_once(deployment, fault, words):
    deployment.simulator.set_faults(**{fault: 1.0})
    before = deployment.simulator.state()["calls"]
    failed = deployment.poll("markets")[0]
    assert failed["status"] == "failed"
    assert words in failed["error"]
    assert deployment.simulator.state()["calls"] == before + 1


@pytest.mark.parametrize("fault", ["spent_429", "spent_403"])
def test_a_spent_month_is_remembered_until_the_next_one(deployment, fault):
    deployment.simulator.set_faults(**{fault: {"count": 1}})
    assert deployment.poll("markets")[0]["status"] == "failed"
    calls = deployment.simulator.state()["calls"]
    deployment.simulator.set_clock("2024-10-31T23:59:00Z")
    for endpoint in ("markets", "assets"):
        refused = deployment.poll(endpoint, at="2024-10-31T23:59:00Z")[0]
        assert refused["status"] == "refused"
        assert "credits of 2024-10 are spent" in refused["error"]
    assert deployment.simulator.state()["calls"] == calls
    deployment.simulator.set_clock("2024-11-01T00:00:00Z")
    assert deployment.poll("assets", at="2024-11-01T00:00:00Z")[0]["status"] == "done"


def test_the_per_minute_limit_is_waited_out(deployment):
    deployment.simulator.set_faults(burst_429={"count": 2})
    summary = deployment.poll("assets")[0]
    assert (summary["status"], summary["published"]) == ("done", 300)
    assert deployment.slept == [60.0, 60.0]


def test_a_budget_stops_a_sweep_before_the_cap_is_passed(deployment):
    settings = deployment.with_settings(credits_per_month=2000)
    assert deployment.poll("markets", settings=settings)[0]["status"] == "done"
    calls, spent = deployment.simulator.state()["calls"], deployment.simulator.state()["credits"]
    refused = deployment.poll("markets", at=NEXT, settings=settings)[0]
    assert refused["status"] == "refused"
    assert "of 2000 are left for 2024-10" in refused["error"]
    assert deployment.simulator.state()["calls"] == calls
    ledger = json.loads((deployment.folder / "state/credits-2024-10.json").read_text())
    assert 0 < ledger["credits"] <= 2000
    assert spent["2024-10"] >= ledger["credits"]


def test_a_sweep_that_costs_more_than_expected_stops_before_the_cap(deployment):
    settings = deployment.with_settings(credits_per_month=10, page_size=50)
    summary = deployment.poll("markets:binance", settings=settings)[0]
    assert (summary["status"], summary["published"], summary["pages"]) == ("partial", 50, 1)
    assert "of 10 are left" in summary["error"]
    ledger = json.loads((deployment.folder / "state/credits-2024-10.json").read_text())
    assert ledger["credits"] == summary["credits"] == 7


def test_of_several_sweeps_those_that_fit_are_made(deployment):
    settings = deployment.with_settings(credits_per_month=400)
    done = deployment.poll("rates", "assets", "exchanges", "markets", settings=settings)
    assert [item["status"] for item in done] == ["done", "done", "done", "refused"]
    ledger = json.loads((deployment.folder / "state/credits-2024-10.json").read_text())
    assert ledger["credits"] == sum(item["credits"] for item in done[:3])


def test_malformed_rows_become_dead_letters_and_the_page_goes_on(deployment):
    before = deployment.simulator.state()["malformed"]
    deployment.simulator.set_faults(malformed_rows=1.0)
    summary = deployment.poll("markets")[0]
    served = deployment.simulator.state()["malformed"] - before
    assert served > 10
    assert (summary["published"], summary["dead_lettered"]) == (2600 - served, served)
    assert set(summary["reasons"]) == {"not_an_object", "field_missing", "not_a_number"}
    letters = deployment.recorder.of("coincap.dead-letter")
    assert len({letter["deadLetterId"] for letter in letters}) == served
    assert letters[0]["raw"] == '"not an object"'
    assert letters[0]["rawLocation"].endswith("page-0001.json.gz#1")
    assert letters[0]["snapshotId"] == summary["snapshot_id"]


@pytest.mark.parametrize(
    ("fault", "published", "reasons", "drift"),
    [
        ("new_field", 2600, {}, {"simNewField": 2600}),
        ("removed_field", 0, {"field_missing": 2600}, {}),
        ("changed_type", 0, {"wrong_type": 2600}, {}),
    ],
)
def test_drift_is_counted_and_refused_rows_are_kept(deployment, fault, published, reasons, drift):
    deployment.simulator.set_faults(**{fault: 1.0})
    summary = deployment.poll("markets")[0]
    assert summary["published"] == published
    assert summary["published"] + summary["dead_lettered"] == summary["received"] == 2600
    assert (summary["reasons"], summary["drift"]) == (reasons, drift)
    assert len(deployment.recorder.of("coincap.dead-letter")) == summary["dead_lettered"]


def test_no_key_is_in_any_log_message_or_file(deployment, log_lines):
    """Also where the server echoes the key: its error text is blanked."""
    faults = ("echo_key", "html", "unauthorized", "cut_body", "malformed_rows", "redirect")
    for minute, fault in enumerate(faults):
        deployment.simulator.set_faults(**{fault: {"count": 1}})
        deployment.poll("assets", "markets", at=f"2024-10-17T12:{minute:02d}:00Z")
    errors = [fact["error"] for fact in facts(deployment) if fact["error"]]
    assert "500: cannot serve Bearer ***" in errors
    text = json.dumps(log_lines())
    assert "cannot serve Bearer ***" in text
    assert KEY not in text
    assert not any(KEY.encode() in value for _, _, value, _ in deployment.recorder.messages)
    assert not any(KEY in str(headers) for *_, headers in deployment.recorder.messages)
    files = [path for path in deployment.folder.rglob("*") if path.is_file()]
    assert len(files) > 10
    assert not any(KEY.encode() in path.read_bytes() for path in files)
