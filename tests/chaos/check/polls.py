"""What the functions made of what CoinCap served: nothing of a page may fall under the table.

Nothing of the functions is used here: the raw pages of the lake are held against what the
simulator lists at the tick's clock, and what came to Kafka against the raw pages. Of a page's
rows each is published, or a dead letter of its place, or a repetition of a key within the sweep.
"""

import gzip
import json
from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from chaos.check.log import Message
from chaos.check.offline import LATEST
from chaos.check.verdict import Verdict

LETTERS, POLLS = "coincap.dead-letter", "coincap.polls"
SPOILT = "sim-broken"
"""What the simulator writes where a row that it spoils has an identity at all."""


def check_polls(
    lake: Path, finished: dict[str, datetime], messages: list[Message], listed: dict[str, list]
) -> Verdict:
    """Compare every snapshot that a function calls finished.

    ``finished``: snapshot to its tick; ``listed``: endpoint to all rows that the API lists, in
    its order, which is the same at all times.
    """
    verdict, came = Verdict(), defaultdict(list)
    for message in messages:
        if not message.refusal:
            came[message.headers["snapshot_id"]].append(message)
    for snapshot, tick in finished.items():
        endpoint = snapshot.partition("-")[0]
        pages = raw_pages(lake, snapshot, tick)
        is_cut = any(
            m.topic == POLLS and m.row["kind"] == "sweep" and m.row["error"] for m in came[snapshot]
        )
        _whole(snapshot, pages, listed[endpoint], is_cut, verdict)
        _accounted(snapshot, endpoint, pages, came[snapshot], verdict)
    return verdict


def raw_pages(lake: Path, snapshot: str, tick: datetime) -> dict[str, list]:
    """Return each raw page's rows by its name in the lake, numbers as their text."""
    folder, found = f"raw/{snapshot.partition('-')[0]}/{tick:%Y-%m-%d}/{snapshot}", {}
    for file in sorted((lake / folder).glob("page-*.json.gz")):
        body = gzip.decompress(file.read_bytes())
        rows = json.loads(body, parse_float=str, parse_int=str)["data"]
        found[f"{folder}/{file.name}"] = rows
    return found


def is_spoilt(snapshot: str, row) -> bool:
    """Return whether the simulator put this row in the place of one of CoinCap's."""
    return _key(snapshot, row) is None


def _whole(snapshot: str, pages: dict, listed: list[dict], is_cut: bool, verdict) -> None:
    """Each page is the listing from its offset on, give or take the row by which lists move."""
    keys, offset = [_key(snapshot, row) for row in listed], 0
    for name, rows in pages.items():
        held = [_key(snapshot, row) for row in rows]
        fits = any(_fits(held, keys[max(0, offset + by) :]) for by in (0, -1, 1))
        verdict.add("wrong", not fits, f"{name} is not what was listed from {offset} on")
        offset += len(rows)
    # A list that moved by a row may end a row sooner.
    missing = len(keys) - offset - 1
    verdict.add("lost", 0 if is_cut else missing, f"rows of {snapshot} that no page has")


def _fits(held: list, listed: list) -> bool:
    """Return whether rows are the listing's first; rows without a key are spoilt ones."""
    whole = len(held) <= len(listed)
    return whole and all(a in (None, b) for a, b in zip(held, listed, strict=False))


def _accounted(snapshot: str, endpoint: str, pages: dict, came: list[Message], verdict) -> None:
    published: dict[tuple, list[Message]] = defaultdict(list)
    letters = {m.row["rawLocation"]: m.row for m in came if m.topic == LETTERS}
    for message in came:
        if message.topic == f"coincap.{endpoint}":
            published[_key(snapshot, message.row)].append(message)
    rows = [
        (f"{name}#{n}", _key(snapshot, row), row)
        for name, page in pages.items()
        for n, row in enumerate(page)
    ]
    repeated = Counter(key for _, key, _ in rows)
    for place, key, row in rows:
        mine = [m for m in published.get(key, ()) if key is not None]
        right = [m for m in mine if repeated[key] > 1 or same_row(m.value, row)]
        if place in letters:
            wrong = key is None and letters[place]["reason"] not in _reasons(row)
            verdict.add("wrong", wrong, f"{place}: {letters[place]['reason']}")
            again = [m for m in mine if "dead_letter_id" not in m.headers]
            both = bool(again) and repeated[key] == 1
            verdict.add("duplicated", both, f"{place} is a letter and published")
        elif not right:
            verdict.add("wrong" if mine else "lost", 1, f"{place} {key} of {snapshot}")
    places, keys = {place for place, _, _ in rows}, set(repeated)
    verdict.add("wrong", len(letters.keys() - places), f"letters of no row of {snapshot}")
    verdict.add("wrong", len(published.keys() - keys), f"messages of no row of {snapshot}")


def _reasons(row) -> tuple[str, ...]:
    return ("field_missing", "not_a_number") if isinstance(row, dict) else ("not_an_object",)


def _key(snapshot: str, row) -> tuple | None:
    """Return a row's identity; None for one that the simulator has spoilt."""
    names = LATEST[f"coincap.{snapshot.partition('-')[0]}"][1]
    key = tuple(row.get(name) for name in names) if isinstance(row, dict) else (None,)
    return None if None in key or SPOILT in key else key


def same_row(value: bytes, row: dict) -> bool:
    """Return whether a message says what the row said; a number may be written otherwise."""
    said = json.loads(value, parse_float=str, parse_int=str)
    return said.keys() == row.keys() and all(_same(said[name], row[name]) for name in row)


def _same(one, other) -> bool:
    if one == other:
        return True
    try:
        return isinstance(one, str) and isinstance(other, str) and Decimal(one) == Decimal(other)
    except InvalidOperation:
        return False
