"""``backfill``: CoinCap's hourly history into the lake, priced first, resumable.

What is landed is remembered per asset: calling again asks only for what is missing.
"""

from collections.abc import Callable

import orjson

from coincap.contract import record_type
from ingest import gaps, log, pages
from ingest.client import Client, FetchFailed
from ingest.clock import iso, now_ms, parse
from ingest.envelope import row_texts
from ingest.errors import IngestError, NotFound, Refused, SpentMonth, one_line
from ingest.facts import call_fact, credits_of
from ingest.gaps import HOUR_MS, Gap
from ingest.lake import Lake, open_lake
from ingest.landing import land
from ingest.ledger import Ledger
from ingest.publish import Publisher, open_publisher
from ingest.settings import Settings
from ingest.source import page_of
from ingest.tick import Tick
from ingest.wire import DEAD_LETTER_TOPIC, POLLS_TOPIC, Provenance


def backfill_body(body: dict, settings: Settings) -> dict:
    """Do what a request's body asks; raises Refused for a body of another form."""
    unknown = body.keys() - {"ids", "start", "end", "gaps", "dry_run"}
    if unknown:
        raise Refused(f"unknown member {min(unknown)!r}: use ids, start, end, gaps, dry_run")
    wanted = wanted_gaps(body.get("ids"), body.get("start"), body.get("end"), body.get("gaps"))
    publisher, client = open_publisher(settings), Client(settings)
    try:
        lake = open_lake(settings.lake)
        return backfill(wanted, settings, client, publisher, lake, bool(body.get("dry_run")))
    finally:
        client.close()
        publisher.close()


def wanted_gaps(ids, start, end, listed) -> list[Gap]:
    """Return what is asked for: ids over one time range, or a list of {id, start, end}."""
    if listed is None:
        if not isinstance(ids, list) or not ids:
            raise Refused("ids: name a list of assets, or gaps: a list of {id, start, end}")
        listed = [{"id": asset_id, "start": start, "end": end} for asset_id in ids]
    return [_gap(item) for item in listed]


def backfill(
    wanted: list[Gap],
    settings: Settings,
    client: Client,
    publisher: Publisher,
    lake: Lake,
    dry_run: bool = False,
    clock: Callable[[], int] = now_ms,
) -> dict:
    """Land the hours of the wanted gaps that are not landed yet; return counts and what is left.

    Raises OverBudget, before any request, where the price is more than is left of the month,
    and SpentMonth. Stops in good order at the deadline, at a spent month and after three
    failures in a row; ``missing`` is the gap list to call again with. Hours that are not over
    are left out; the youngest that CoinCap has no row of stay open for a later backfill.
    """
    ledger, now = Ledger(lake, settings.credits_per_month), clock()
    wanted, asked = gaps.closed(wanted, now), []
    dead = ledger.not_found()
    todo = [gap for gap in gaps.open_gaps(lake, wanted) if _path(gap) not in dead]
    price = sum(gap.credits for gap in todo)
    result = {"calls": len(todo), "credits_expected": price, "landed": 0, "dead_lettered": 0}
    result |= {"status": "priced", "never": [], "missing": [gap.as_json() for gap in todo]}
    if dry_run or not todo:
        return result | {"status": "priced" if dry_run else "done"}
    ledger.check_month(now)
    ledger.reserve(now, price, f"history of {len(todo)} ranges")
    spent, failures = 0, 0
    work = _Work(client, publisher, lake, settings, now)
    try:
        for gap in todo:
            if failures == 3 or client.is_late():
                break
            if gap.asset_id in result["never"]:
                continue
            try:
                credits, landed, refused, settled = work.fill(gap)
            except FetchFailed as failure:
                spent += sum(credits_of(call) for call in failure.calls)
                if not _is_permanent(failure):
                    failures += 1
                    result["error"] = one_line(failure, settings.api_key)
                    if isinstance(failure.cause, SpentMonth):
                        ledger.remember_spent(now, str(failure.cause))
                        break
                    continue
                ledger.remember_not_found(_path(gap), now)
                result["never"].append(gap.asset_id)
            else:
                spent, failures = spent + credits, 0
                result["landed"] += landed
                result["dead_lettered"] += refused
                asked.append(gap)
                gaps.cover(lake, settled)
    finally:
        ledger.settle(now, price, spent)
        publisher.flush()
    dead = ledger.not_found()
    left = [
        gap
        for gap in gaps.open_gaps(lake, wanted)
        if _path(gap) not in dead and not any(done.holds(gap) for done in asked)
    ]
    result |= {"missing": [gap.as_json() for gap in left], "credits": spent}
    result["status"] = "partial" if left else "done"
    log.info("backfill", **{key: value for key, value in result.items() if key != "missing"})
    return result


class _Work:
    """Fills one gap: asks, keeps the raw answer, lands the rows, publishes facts and letters."""

    def __init__(self, client, publisher, lake, settings: Settings, now: int):
        self._client, self._publisher, self._lake = client, publisher, lake
        self._settings, self._now = settings, now

    def fill(self, gap: Gap) -> tuple[int, int, int, Gap]:
        """Return credits spent, rows landed and refused, the hours settled; raises FetchFailed."""
        version = self._settings.api_version
        scope = f"{gap.asset_id[:120]}.{iso(gap.start_ms)[:13]}"
        tick = Tick("history", self._now - self._now % 1000, scope)
        params = {"interval": "h1", "start": gap.start_ms, "end": gap.end_ms}
        try:
            answer = self._client.get(_path(gap), params)
        except FetchFailed as failure:
            self._facts(tick, failure.calls, 0, 0, 0, version)
            raise
        page = pages.keep(self._lake, tick, page_of(1, answer, self._settings))
        at_ms, envelope_ms = page.polled_at_ms, page.envelope.envelope_at_ms
        origin = Provenance("history", tick.snapshot_id, at_ms, envelope_ms, version)
        rows = page.envelope.rows
        location, texts = pages.name(tick, 1), row_texts(page.body)
        hours, letters = land(self._lake, origin, gap.asset_id, rows, texts, location)
        headers = origin.headers(record_type("dead_letter"))
        for letter in letters:
            self._publisher.publish(
                DEAD_LETTER_TOPIC, letter["deadLetterId"], orjson.dumps(letter), headers
            )
        self._facts(tick, answer.calls, len(rows), len(hours), len(letters), version)
        self._publisher.flush()
        credits = sum(credits_of(call) for call in answer.calls)
        return credits, len(hours), len(letters), gaps.answered(gap, hours, self._now)

    def _facts(self, tick: Tick, calls, rows: int, landed: int, refused: int, version: str) -> None:
        record = record_type("poll")
        facts = [call_fact(tick, 1, call, call.done_ms, version) for call in calls]
        facts[-1] |= {
            "rows": str(rows),
            "accepted": str(landed),
            "deadLettered": str(refused),
            "duplicates": str(rows - landed - refused),
        }
        for fact in facts:
            origin = Provenance("history", tick.snapshot_id, fact["polledAt"], None, version)
            self._publisher.publish(
                POLLS_TOPIC, record.message_key(fact), orjson.dumps(fact), origin.headers(record)
            )


def _path(gap: Gap) -> str:
    return f"assets/{gap.asset_id}/history"


def _is_permanent(failure: IngestError) -> bool:
    cause = getattr(failure, "cause", None)
    return isinstance(cause, NotFound) and cause.permanent


def _gap(item) -> Gap:
    form = "write {id, start, end}, times as 2024-10-17T12:00:00Z"
    if not isinstance(item, dict) or item.keys() != {"id", "start", "end"}:
        raise Refused(f"gap {item!r:.80}: {form}")
    if not all(isinstance(value, str) and value for value in item.values()):
        raise Refused(f"gap {item!r:.80}: {form}")
    if "/" in item["id"] or ".." in item["id"]:
        raise Refused(f"gap {item['id']!r:.80}: not an asset's id")
    try:
        start, end = parse(item["start"]), parse(item["end"])
    except ValueError as error:
        raise Refused(f"gap of {item['id']:.60}: {error}") from None
    if start >= end:
        raise Refused(f"gap of {item['id']:.60}: start {item['start']} is not before its end")
    return Gap(item["id"], start - start % HOUR_MS, end - end % HOUR_MS)
