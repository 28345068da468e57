"""The backfill: priced before it starts, resumable, never asking twice for what it has."""

import gzip
import json

import pytest

from ingest.backfill import backfill, wanted_gaps
from ingest.client import Client
from ingest.errors import OverBudget

START, END = "2024-08-01T00:00:00Z", "2024-10-01T00:00:00Z"
HOURS = 61 * 24


@pytest.fixture
def fill(deployment):
    def run(*ids: str, start=START, end=END, dry_run=False, hours_on=0, **changes) -> dict:
        """``hours_on``: so far is our clock ahead of CoinCap's, which lags."""
        settings = deployment.with_settings(**changes)
        client = Client(settings, sleep=deployment.slept.append, clock=deployment.clock)
        wanted = wanted_gaps(list(ids), start, end, None)
        recorder, lake = deployment.recorder, deployment.lake
        now = deployment.clock() + hours_on * 3_600_000
        return backfill(wanted, settings, client, recorder, lake, dry_run, lambda: now)

    return run


def landed(deployment) -> list[dict]:
    return [
        json.loads(line)
        for path in sorted((deployment.folder / "landing").rglob("*.ndjson.gz"))
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ]


def test_a_dry_run_prices_without_asking(fill, simulator):
    before = simulator.state()["calls"]
    result = fill("bitcoin", "ethereum", dry_run=True)
    assert (result["status"], result["calls"]) == ("priced", 6)
    assert result["credits_expected"] == 2 * (47 + 47 + 2)
    assert len(result["missing"]) == 6
    assert simulator.state()["calls"] == before


def test_history_is_landed_once_per_hour_with_its_provenance(fill, deployment):
    result = fill("bitcoin")
    rows = landed(deployment)
    assert result["status"] == "done"
    assert result["landed"] == len(rows) == len({row["time"] for row in rows})
    assert HOURS - 20 < len(rows) < HOURS
    assert all(
        row["id"] == "bitcoin" and row["_snapshot_id"].startswith("history-") for row in rows
    )
    assert all(isinstance(row["priceUsd"], str) for row in rows)
    facts = deployment.recorder.of("coincap.polls")
    assert [fact["endpoint"] for fact in facts] == ["history"] * 3
    assert sum(int(fact["accepted"]) for fact in facts) == len(rows)


def test_what_is_landed_is_not_asked_for_again(fill, simulator):
    fill("bitcoin")
    before = simulator.state()["calls"]
    assert fill("bitcoin")["status"] == "done"
    assert simulator.state()["calls"] == before
    longer = fill("bitcoin", end="2024-10-02T00:00:00Z", dry_run=True)
    assert longer["missing"] == [
        {"id": "bitcoin", "start": "2024-10-01T00:00:00.000Z", "end": "2024-10-02T00:00:00.000Z"}
    ]


def test_an_interrupted_backfill_names_what_is_missing_and_goes_on(fill, simulator):
    simulator.set_faults(server_error={"rate": 1.0})
    broken = fill("bitcoin", "ethereum")
    assert (broken["status"], len(broken["missing"])) == ("partial", 6)
    assert "503" in broken["error"]
    simulator.set_faults()
    assert fill("bitcoin", "ethereum")["status"] == "done"


def test_an_asset_without_history_is_asked_once_and_remembered(fill, simulator, deployment):
    identity = "sim-coin-50"
    from ingest.client import Client as Api

    assets = Api(deployment.settings).get("assets", {"limit": 60}).envelope.rows
    identity = assets[49]["id"]
    result = fill(identity)
    assert (result["status"], result["never"]) == ("done", [identity])
    before = simulator.state()["calls"]
    assert fill(identity)["status"] == "done"
    assert simulator.state()["calls"] == before


def test_more_than_is_left_of_the_month_is_refused_before_any_call(fill, simulator):
    before = simulator.state()["calls"]
    with pytest.raises(OverBudget, match="needs about 96 credits, 50 of 50 are left"):
        fill("bitcoin", credits_per_month=50)
    assert simulator.state()["calls"] == before


def test_at_the_deadline_the_rest_is_left_for_the_next_call(fill, simulator):
    before = simulator.state()["calls"]
    result = fill("bitcoin", deadline_s=0.0)
    assert (result["status"], result["landed"], result["credits"]) == ("partial", 0, 0)
    assert "error" not in result
    assert simulator.state()["calls"] == before
    assert fill("bitcoin")["status"] == "done"


def test_a_spent_month_stops_the_backfill(fill, simulator):
    simulator.set_faults(spent_429=1.0)
    before = simulator.state()["calls"]
    result = fill("bitcoin", "ethereum")
    assert (result["status"], len(result["missing"])) == ("partial", 6)
    assert simulator.state()["calls"] == before + 1


def hours_of(result: dict) -> list[tuple[str, str]]:
    return [(gap["start"][:16], gap["end"][:16]) for gap in result["missing"]]


def test_hours_that_are_not_over_are_neither_asked_for_nor_marked_as_filled(fill, simulator):
    """It is 12:40: the hour of 12 has no whole row yet, and tomorrow has none."""
    wide = {"start": "2024-10-17T10:00:00Z", "end": "2024-10-19T00:00:00Z"}
    assert hours_of(fill("bitcoin", dry_run=True, **wide)) == [
        ("2024-10-17T10:00", "2024-10-17T12:00")
    ]
    assert fill("bitcoin", **wide)["status"] == "done"
    before = simulator.state()["calls"]
    nothing = fill("bitcoin", start="2024-10-18T00:00:00Z", end="2024-10-19T00:00:00Z")
    assert (nothing["status"], nothing["missing"]) == ("done", [])
    assert simulator.state()["calls"] == before
    simulator.set_clock("2024-10-19T00:00:00Z")
    assert hours_of(fill("bitcoin", dry_run=True, **wide)) == [
        ("2024-10-17T12:00", "2024-10-19T00:00")
    ]


def test_the_youngest_hours_stay_open_until_a_row_came_or_a_day_has_passed(fill, simulator):
    """CoinCap lags: at 14:40 its newest row is that of 12, and so it is three days on."""
    late = {"start": "2024-10-17T10:00:00Z", "end": "2024-10-17T14:00:00Z"}
    asked = fill("bitcoin", hours_on=2, **late)
    assert (asked["status"], asked["missing"], asked["landed"]) == ("done", [], 3)
    again = fill("bitcoin", hours_on=2, dry_run=True, **late)
    assert hours_of(again) == [("2024-10-17T13:00", "2024-10-17T14:00")]
    assert fill("bitcoin", hours_on=76, **late)["landed"] == 0
    before = simulator.state()["calls"]
    assert fill("bitcoin", hours_on=76, **late)["calls"] == 0
    assert simulator.state()["calls"] == before
