"""Plain messages, decoded by Python: the part of the contract that leaves no room for doubt.

A plan of the contract's checks costs Spark 12 to 18 seconds when the driver is cold and half a
second for every later batch, whatever its size; this needs none (``tests/bench/run sink`` has both
ways). Anything unusual (a float, a nested
number, an exponent, bad UTF-8, an odd time) raises Doubt, and that message goes through Spark
(``wire``). Where there is no doubt the verdict and every column are those of ``wire``:
tests/stream/test_plain.py compares them.
"""

import json
import re
from datetime import datetime, timedelta
from functools import lru_cache

from coincap.contract import RecordType
from coincap.normalise import NumberText
from coincap_jobs import replays
from coincap_jobs.plain_fields import EPOCH, Doubt, Refused, readers, usual
from coincap_jobs.wire import FUTURE_TOLERANCE_MS, LAST_MS

LONGEST_BYTES = 65_536
"""A longer message is left to Spark."""
HEADERS = ("endpoint", "snapshot_id", "polled_at", "envelope_at", "api_version")
_BETWEEN, _PART, _NULL = "\x1e", "\x1f", "\x1d"
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z").fullmatch
HEADER_TEXT = (
    f"cast(concat_ws('{_PART}', size(headers), array_join(headers.key, '{_BETWEEN}'), "
    f"array_join(cast(headers.value as array<string>), '{_BETWEEN}', '{_NULL}')) as binary)"
)
"""Spark's expression for a message's headers as one text, the same for all messages of a page.

Without functions of higher order, which Spark does not compile. The number of headers tells a
separator within one from a separator between two.
"""


def header_text(pairs: list[tuple[str, bytes]]) -> bytes:
    """Return what ``HEADER_TEXT`` gives, for a consumer without Spark."""
    keys = _BETWEEN.join(key for key, _ in pairs).encode()
    values = _BETWEEN.encode().join(value for _, value in pairs)
    return _PART.encode().join([str(len(pairs)).encode(), keys, values])


@lru_cache(maxsize=4096)
def headers(text: bytes) -> dict[str, str | None]:
    """Return the known headers from ``HEADER_TEXT``; raises Doubt where one is unusual."""
    try:
        parts = text.decode().split(_PART)
    except UnicodeDecodeError:
        raise Doubt from None
    if len(parts) != 3 or _NULL in parts[2] or "\x00" in parts[2] or replays.HEADER in parts[1]:
        raise Doubt
    keys, values = (part.split(_BETWEEN) for part in parts[1:])
    if not len(keys) == len(values) == int(parts[0]):
        raise Doubt
    found = dict(zip(keys, values, strict=True))
    known = {name: found.get(name) for name in HEADERS}
    for name in ("polled_at", "envelope_at"):
        if known[name] is not None:
            if not _TIME(known[name]):
                raise Doubt
            instant_ms(known[name])
    return known


@lru_cache(maxsize=4096)
def instant_ms(text: str) -> int:
    """Return a header's time in ms since 1970 UTC; raises Doubt where there is no such day."""
    try:
        return (datetime.fromisoformat(text) - EPOCH) // timedelta(milliseconds=1)
    except ValueError:
        raise Doubt from None


def columns(record: RecordType, text: str, known: dict[str, str | None]) -> tuple[str | None, ...]:
    """Return a message's own fields as texts, in the schema's order; raises Doubt or Refused."""
    polled = known["polled_at"]
    if record.endpoint:
        for name in ("snapshot_id", "polled_at"):
            if known[name] is None:
                # Only an object is a row at all; what is none has a reason of its own.
                _object(text)
                raise Refused("field_missing", name)
    latest = LAST_MS if polled is None else instant_ms(polled) + FUTURE_TOLERANCE_MS
    return usual(record.name, text, latest) or _judged(record, text, latest)


def _judged(record: RecordType, text: str, latest: int) -> tuple[str | None, ...]:
    row = _object(text)
    return tuple([read(row.get(name), latest) for name, read in readers(record.name)])


def _object(text: str) -> dict:
    if not text.startswith("{"):
        raise Doubt
    try:
        row = _JSON.decode(text)
    except (ValueError, RecursionError):
        raise Doubt from None
    if not text.isascii() or "\\u" in text:
        _encodable(row)
    return row


def _distinct(pairs: list) -> dict:
    row = dict(pairs)
    if len(row) != len(pairs):
        raise Doubt
    return row


def _encodable(value) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise Doubt from None


def _doubt(_text: str):
    raise Doubt


# One for all messages: json.loads with hooks would make a decoder for each.
_JSON = json.JSONDecoder(
    parse_int=NumberText,
    parse_float=_doubt,
    parse_constant=_doubt,
    object_pairs_hook=_distinct,
)
