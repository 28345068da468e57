"""Poll facts: one per call to CoinCap, one per finished sweep (record type ``poll``)."""

from ingest.client import Call
from ingest.completeness import Completeness
from ingest.credits import call_credits
from ingest.rows import PageRows
from ingest.tick import Tick


def credits_of(call: Call) -> int:
    """Return what a call cost; one without an answer counts as the smallest."""
    return call_credits(call.size or 0)


def call_fact(tick: Tick, page: int, call: Call, polled_at_ms: int, api_version: str) -> dict:
    """Return the fact of one call; counts of rows are 0 until a page was checked."""
    return {
        "snapshotId": tick.snapshot_id,
        "kind": "page",
        "endpoint": tick.endpoint,
        "page": str(page),
        "attempt": str(call.attempt),
        "polledAt": polled_at_ms,
        "status": None if call.status is None else str(call.status),
        "latencyMs": None if call.latency_ms is None else f"{call.latency_ms:.3f}",
        "bytes": None if call.size is None else str(call.size),
        "rows": "0",
        "accepted": "0",
        "deadLettered": "0",
        "duplicates": "0",
        "driftFields": "0",
        "credits": str(credits_of(call)),
        "apiVersion": api_version,
        "error": call.error,
    }


def page_facts(tick: Tick, result: PageRows) -> list[dict]:
    """Return the facts of every call that one page took; the last one carries the counts."""
    page = result.page
    facts = [
        call_fact(tick, page.number, call, call.done_ms, result.origin.api_version)
        for call in page.calls
    ]
    facts[-1] |= {
        "polledAt": page.polled_at_ms,
        "rows": str(result.received),
        "accepted": str(len(result.accepted)),
        "deadLettered": str(len(result.dead_letters)),
        "duplicates": str(result.duplicates),
        "driftFields": str(len(result.drift)),
    }
    return facts


def sweep_fact(tick: Tick, counts: dict, facts: dict, api_version: str) -> dict:
    """Return the fact of a whole sweep from its counts and from what the fetch left."""
    return {
        "snapshotId": tick.snapshot_id,
        "kind": "sweep",
        "endpoint": tick.endpoint,
        "page": "0",
        "attempt": "0",
        "polledAt": facts["polled_at_ms"],
        "status": None,
        "latencyMs": f"{facts['fetch_ms']:.3f}",
        "bytes": str(facts["bytes"]),
        "rows": str(counts["received"]),
        "accepted": str(counts["published"]),
        "deadLettered": str(counts["dead_lettered"]),
        "duplicates": str(counts["duplicates"]),
        "driftFields": str(len(counts["drift"])),
        "credits": str(facts["credits"]),
        "apiVersion": api_version,
        "error": facts["error"],
    }


def completeness_fields(measured: Completeness) -> dict:
    """Return the completeness of a sweep as fields of its fact."""
    return {
        "pairsGot": str(measured.pairs_got),
        "pairsClaimed": _text(measured.pairs_claimed),
        "exchangesGot": str(measured.exchanges_got),
        "exchangesClaimed": _text(measured.exchanges_claimed),
        "volumeGotUsd": measured.volume_got_usd,
        "volumeClaimedUsd": measured.volume_claimed_usd,
    }


def _text(value: int | None) -> str | None:
    return None if value is None else str(value)
