"""``replay_dead_letters``: refused rows that now pass the contract are published, each once.

The letters stand in the lake (``dead_letters/<date>/<snapshot_id>.ndjson``), the whole rows in
its raw pages. A replayed message carries the provenance of its poll, and ``dead_letter_id``.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import orjson

from coincap.check import check_rows
from coincap.contract import record_of_endpoint
from ingest import log
from ingest.clock import parse as parse_time
from ingest.envelope import Envelope, parse, row_texts
from ingest.errors import Refused
from ingest.lake import Lake, open_lake
from ingest.publish import Publisher, open_publisher
from ingest.settings import Settings
from ingest.wire import Provenance, serialise

FOLDER = "dead_letters"


@dataclass(frozen=True)
class Selection:
    """Which letters: a reason code (None: any) and a time of poll in [since, until), in ms."""

    reason: str | None = None
    since_ms: int = 0
    until_ms: int = 2**62

    def takes(self, letter: dict) -> bool:
        """Return whether a letter is meant."""
        in_time = self.since_ms <= letter["polledAt"] < self.until_ms
        return in_time and self.reason in (None, letter["reason"])


def replay_body(body: dict, settings: Settings) -> dict:
    """Replay what a request's body selects; raises Refused for a body of another form."""
    unknown = body.keys() - {"reason", "since", "until"}
    if unknown:
        raise Refused(f"unknown member {min(unknown)!r}: use reason, since, until")
    if any(not isinstance(value, str | None) for value in body.values()):
        raise Refused("reason, since and until are texts")
    times = {f"{name}_ms": parse_time(body[name]) for name in ("since", "until") if body.get(name)}
    selection = Selection(body.get("reason"), **times)
    publisher = open_publisher(settings)
    try:
        return replay(selection, open_lake(settings.lake), publisher)
    finally:
        publisher.close()


def replay(selection: Selection, lake: Lake, publisher: Publisher) -> dict:
    """Publish selected rows that pass now; return how many were selected, published, refused.

    A snapshot's letters are marked as replayed after their messages were acknowledged, so a
    crash in between can repeat a message (the tables know it again), never lose one.
    """
    counts = {"selected": 0, "published": 0, "still_refused": 0, "replayed_before": 0}
    page = lru_cache(maxsize=8)(lambda name: _page(lake, name))
    for name in lake.names(FOLDER):
        if not name.endswith(".ndjson"):
            continue
        done = set(json.loads(lake.get(_marks(name)) or b"[]"))
        fresh = []
        for letter in _letters(lake, name):
            if not selection.takes(letter) or letter["sourceTopic"] == "history":
                continue
            counts["selected"] += 1
            if letter["deadLetterId"] in done:
                counts["replayed_before"] += 1
            elif _publish(letter, page, publisher):
                fresh.append(letter["deadLetterId"])
            else:
                counts["still_refused"] += 1
        if fresh:
            publisher.flush()
            _mark(lake, name, fresh)
            counts["published"] += len(fresh)
    log.info("dead letters replayed", **counts)
    return counts


def _publish(letter: dict, page, publisher: Publisher) -> bool:
    """Publish one letter's row if it passes; return whether it did."""
    location, _, number = letter["rawLocation"].rpartition("#")
    envelope, texts = page(location)
    record = record_of_endpoint(letter["endpoint"])
    row = parse(b'{"data":[' + texts[int(number)].encode() + b"]}").rows
    checked = check_rows(record, row, letter["polledAt"])
    if not checked.accepted:
        return False
    origin = Provenance(
        letter["endpoint"],
        letter["snapshotId"],
        letter["polledAt"],
        envelope.envelope_at_ms,
        letter["apiVersion"],
    )
    headers = origin.headers(record) | {"dead_letter_id": letter["deadLetterId"]}
    for _, good in checked.accepted:
        publisher.publish(record.topic, record.message_key(good), serialise(good), headers)
    return True


def _page(lake: Lake, name: str) -> tuple[Envelope, list[str]]:
    content = lake.get(name)
    if content is None:
        raise Refused(f"{name} is no longer in the lake: its rows cannot be replayed")
    body = gzip.decompress(content)
    meta = json.loads(lake.get(name.removesuffix(".json.gz") + ".meta.json"))
    return parse(body, meta["single"]), row_texts(body)


def _letters(lake: Lake, name: str) -> Iterator[dict]:
    return (orjson.loads(line) for line in (lake.get(name) or b"").splitlines() if line)


def _marks(name: str) -> str:
    return name.removesuffix(".ndjson") + ".replayed.json"


def _mark(lake: Lake, name: str, fresh: list[str]) -> None:
    def change(old: bytes | None) -> bytes:
        return json.dumps(sorted({*json.loads(old or b"[]"), *fresh})).encode()

    lake.update(_marks(name), change)
