"""A sweep: claim the tick, fetch its pages, check and publish their rows, report.

A poll is one content: a tick that is called again publishes the stored pages again, byte for
byte, and asks CoinCap nothing.
"""

from collections import Counter
from dataclasses import dataclass, field

import orjson

from coincap.contract import RecordType, record_of_endpoint, record_type
from ingest import claims, completeness, log, pages
from ingest.budget import Budget
from ingest.claims import Claim
from ingest.facts import completeness_fields, page_facts, sweep_fact
from ingest.fetch import fetch
from ingest.lake import Lake
from ingest.publish import Publisher
from ingest.rows import PageRows, Seen, check_page
from ingest.source import Page, Source
from ingest.tick import Tick
from ingest.wire import DEAD_LETTER_TOPIC, POLLS_TOPIC, Provenance, serialise


@dataclass
class Worker:
    """What a sweep works with; ``again``: publish a finished tick's stored pages once more."""

    lake: Lake
    budget: Budget
    source: Source
    publisher: Publisher
    lease_s: float
    again: bool = False


@dataclass
class Outcome:
    """Counts of a sweep while it is published."""

    rows: list[dict] = field(default_factory=list)
    counts: Counter = field(default_factory=Counter)
    drift: Counter = field(default_factory=Counter)
    reasons: Counter = field(default_factory=Counter)

    def totals(self) -> dict[str, int]:
        """Return the four counts, those that are 0 too."""
        names = ("received", "published", "dead_lettered", "duplicates")
        return {name: self.counts[name] for name in names}

    def add(self, result: PageRows) -> None:
        """Count one page: received = published + dead_lettered + duplicates."""
        self.rows.extend(row for _, row in result.accepted)
        self.counts["received"] += result.received
        self.counts["published"] += len(result.accepted)
        self.counts["dead_lettered"] += len(result.dead_letters)
        self.counts["duplicates"] += result.duplicates
        self.drift.update(result.drift)
        self.reasons.update(letter["reason"] for letter in result.dead_letters)


def sweep(worker: Worker, tick: Tick, now_ms: int) -> dict:
    """Do one tick; return its summary. Raises IngestError where nothing could be polled or a
    message was not acknowledged: the same tick can then be called again.
    """
    claim = claims.take(worker.lake, tick, now_ms, worker.lease_s)
    if claim is None:
        return {"snapshot_id": tick.snapshot_id, "status": "running elsewhere"}
    if claim.state == claims.DONE:
        if not worker.again:
            return claim.facts["summary"] | {"status": "done before"}
        kept = pages.stored(worker.lake, tick)[: claim.facts["pages"]]
        return _publish(worker, claim, kept) | {"status": "published again"}
    if claim.state == claims.FETCHED:
        got = pages.stored(worker.lake, tick)[: claim.facts["pages"]]
    else:
        try:
            got, _ = fetch(worker.lake, worker.budget, worker.source, claim, now_ms)
        except Exception as error:
            _publish_facts(worker, tick, getattr(error, "facts", []))
            raise
    try:
        summary = _publish(worker, claim, got)
    except Exception:
        claims.release(worker.lake, claim)
        raise
    claim.facts["summary"] = summary
    claims.save(worker.lake, claim, claims.DONE)
    log.info("sweep done", **summary)
    return summary


def _publish(worker: Worker, claim: Claim, got: list[Page]) -> dict:
    tick, record = claim.tick, record_of_endpoint(claim.tick.endpoint)
    api_version, seen, outcome = worker.source.api_version, Seen(), Outcome()
    facts = list(claim.facts["failed_calls"])
    letters: list[dict] = []
    for page in got:
        result = check_page(record, tick, page, api_version, seen)
        _publish_page(worker.publisher, record, result)
        letters += result.dead_letters
        facts += page_facts(tick, result)
        outcome.add(result)
    totals = {**outcome.totals(), "drift": dict(outcome.drift)}
    fact = sweep_fact(tick, totals, claim.facts, api_version)
    measured = _completeness(worker.lake, tick, claim, outcome)
    fact |= completeness_fields(measured) if measured else {}
    _keep_dead_letters(worker.lake, tick, letters)
    _publish_facts(worker, tick, [*facts, fact])
    worker.publisher.flush()
    return _summary(tick, claim, totals, outcome, measured)


def _publish_page(publisher: Publisher, record: RecordType, result: PageRows) -> None:
    headers = result.origin.headers(record)
    for key, row in result.accepted:
        publisher.publish(record.topic, key, serialise(row), headers)
    letter_headers = result.origin.headers(record_type("dead_letter"))
    for letter in result.dead_letters:
        publisher.publish(
            DEAD_LETTER_TOPIC, letter["deadLetterId"], orjson.dumps(letter), letter_headers
        )


def _publish_facts(worker: Worker, tick: Tick, facts: list[dict]) -> None:
    """Publish facts, dated by the last of them: none is of the future of its own message."""
    record, polled_at_ms = record_type("poll"), max((fact["polledAt"] for fact in facts), default=0)
    origin = Provenance(
        tick.endpoint, tick.snapshot_id, polled_at_ms, None, worker.source.api_version
    )
    for fact in facts:
        worker.publisher.publish(
            POLLS_TOPIC, record.message_key(fact), orjson.dumps(fact), origin.headers(record)
        )
    worker.publisher.flush()


def _keep_dead_letters(lake: Lake, tick: Tick, letters: list[dict]) -> None:
    """Keep the refused rows' letters in the lake, for ``replay_dead_letters``."""
    if letters:
        lines = b"\n".join(orjson.dumps(letter) for letter in letters)
        lake.put(f"dead_letters/{tick.folder.split('/')[2]}/{tick.snapshot_id}.ndjson", lines)


def _completeness(lake: Lake, tick: Tick, claim: Claim, outcome: Outcome):
    """Return a market sweep's completeness; remember what an exchanges sweep claims.

    The claims of the first publish are kept with the tick, so that a retry's fact is the same.
    """
    if tick.endpoint == "exchanges":
        polled_at_ms = claim.facts["polled_at_ms"]
        completeness.remember_claims(lake, tick.snapshot_id, polled_at_ms, outcome.rows)
    if tick.endpoint != "markets":
        return None
    if "claimed" not in claim.facts:
        claim.facts["claimed"] = completeness.claims(lake)
        claims.save(lake, claim, claims.FETCHED)
    return completeness.measure(outcome.rows, claim.facts["claimed"], tick.scope)


def _summary(tick: Tick, claim: Claim, totals: dict, outcome: Outcome, measured) -> dict:
    facts = claim.facts
    summary = {
        "status": "partial" if facts["error"] else "done",
        "endpoint": tick.endpoint,
        "snapshot_id": tick.snapshot_id,
        **totals,
        "reasons": dict(outcome.reasons),
        "pages": facts["pages"],
        "bytes": facts["bytes"],
        "credits": facts["credits"],
        "fetch_ms": facts["fetch_ms"],
        "error": facts["error"],
    }
    if measured:
        summary |= {
            "pairs_got": measured.pairs_got,
            "pairs_claimed": measured.pairs_claimed,
            "completeness_percent": measured.percent,
            "exchanges_missing": list(measured.missing),
            "exchanges_short": {name: [got, of] for name, got, of in measured.short},
            "volume_got_usd": measured.volume_got_usd,
            "volume_claimed_usd": measured.volume_claimed_usd,
        }
    return summary
