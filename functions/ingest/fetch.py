"""The first half of a sweep: every page into the lake, within the budget."""

import time

from ingest import claims, log, pages
from ingest.budget import Budget
from ingest.claims import Claim
from ingest.client import Call, FetchFailed
from ingest.credits import sweep_credits
from ingest.errors import IngestError, SpentMonth
from ingest.facts import call_fact, credits_of
from ingest.lake import Lake
from ingest.source import Page, Source
from ingest.tick import Tick


def fetch(
    lake: Lake, budget: Budget, source: Source, claim: Claim, now_ms: int
) -> tuple[list[Page], list[dict]]:
    """Return all pages of a tick and the facts of calls that brought none.

    Pages that an earlier try stored are not asked for again. Where paging ends early with at
    least one page got, the sweep is closed as it is, with its error; with none, the tick is
    given back for a retry and the error raised. Raises SpentMonth or OverBudget before any
    request.
    """
    tick, started = claim.tick, time.perf_counter()
    got = pages.stored(lake, tick)
    try:
        budget.admit(expected(tick))
    except IngestError:
        claims.release(lake, claim)
        raise
    error, failed = None, []
    try:
        for page in source.pages(tick, list(got)):
            _renumber(claim, page.calls)
            got.append(pages.keep(lake, tick, page))
            budget.spend(sum(credits_of(call) for call in page.calls))
    except IngestError as failure:
        error = failure
        if isinstance(failure, FetchFailed):
            budget.spend(sum(credits_of(call) for call in failure.calls))
            failed = _failed_calls(claim, source, len(got) + 1, failure)
            if isinstance(failure.cause, SpentMonth):
                budget.ledger.remember_spent(now_ms, str(failure.cause))
        log.error(
            "sweep ended early", snapshot_id=tick.snapshot_id, pages=len(got), error=str(error)
        )
    if error and not got:
        claims.release(lake, claim)
        error.facts = failed
        raise error
    claim.facts = {
        "pages": len(got),
        "polled_at_ms": max(page.polled_at_ms for page in got),
        "fetch_ms": round((time.perf_counter() - started) * 1000, 3),
        "bytes": sum(len(page.body) for page in got),
        "credits": sum(credits_of(c) for p in got for c in p.calls)
        + sum(int(fact["credits"]) for fact in failed),
        "error": str(error) if error else None,
        "failed_calls": failed,
    }
    claims.save(lake, claim, claims.FETCHED)
    return got, failed


def expected(tick: Tick) -> int:
    """Return the credits that a sweep is expected to cost; a narrowed one at least so many."""
    if tick.scope is None:
        return sweep_credits(tick.endpoint)
    return sweep_credits(tick.endpoint, tick.head or 1)


def _failed_calls(claim: Claim, source: Source, page: int, failure: FetchFailed) -> list[dict]:
    """Return the facts of a page that never came."""
    _renumber(claim, failure.calls)
    return [
        call_fact(claim.tick, page, call, call.done_ms, source.api_version)
        for call in failure.calls
    ]


def _renumber(claim: Claim, calls: list[Call]) -> None:
    """Count attempts on over the tick's tries (101 is the second try's first), so that each
    call has a fact of its own."""
    for call in calls:
        call.attempt += (claim.tries - 1) * 100
