"""The contract check: which rows of a page are accepted, which are refused and why.

Pure and made of the standard library alone. The rules are the ``x-rules`` of the schemas; a
reason code here is a case there.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from coincap.contract import Field, RecordType, record_type
from coincap.normalise import NumberText, Refusal, decimal_text, integer_text

FUTURE_LIMIT_MS = 5 * 60 * 1000
"""A time may lie this far after the poll: clocks differ."""

MAX_DEPTH = 100
"""Deepest nesting of a field that is stored as JSON."""

_MISSING = object()
_FAST_TEXT = "[ -~]"
_FAST_DECIMAL = re.compile(r"[0-9]{1,19}(?:\.[0-9]{1,200})?").fullmatch
_FAST_INTEGER = re.compile(r"[0-9]{1,18}").fullmatch


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that broke the contract: its place in the page (from 0), the reason, the field."""

    row: int
    reason: str
    field: str | None
    key: str | None


@dataclass(slots=True)
class Checked:
    """Outcome of one page: accepted rows with their place, refused ones, drift.

    ``drift`` counts rows per unknown field, and per absent optional field as ``-name``.
    """

    accepted: list[tuple[int, dict]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    drift: Counter = field(default_factory=Counter)


def check_rows(record: RecordType, rows: list, polled_at_ms: int) -> Checked:
    """Check the rows of one page against the contract; never raises for what a row holds.

    ``rows`` are consumed: a row is normalised in place (JSON numbers and exponents become
    plain digits, times become int). ``polled_at_ms`` is the poll's time in ms since 1970 UTC.
    Accepted and refused together are as many as ``rows``.
    """
    checked = Checked()
    checks = _checks(record.name)
    known = frozenset(item.name for item in record.fields)
    silent = frozenset(item.name for item in record.fields if item.kind == "json")
    absent: list[str] = []
    latest = polled_at_ms + FUTURE_LIMIT_MS
    accept = checked.accepted.append
    for number, row in enumerate(rows):
        if row.__class__ is not dict:
            checked.refused.append(Refused(number, "not_an_object", None, None))
            continue
        name = None
        try:
            for name, fast, slow in checks:
                value = row.get(name, _MISSING)
                if value.__class__ is str and fast(value):
                    continue
                value = slow(value, latest)
                if value is not _MISSING:
                    row[name] = value
                elif name not in silent:
                    absent.append(f"-{name}")
            if not known.issuperset(row):
                for name in row.keys() - known:
                    _storable(name, 0)
                    _storable(row[name], 0)
                checked.drift.update(row.keys() - known)
        except Refusal as refusal:
            key = _key(record, row)
            checked.refused.append(Refused(number, refusal.reason, _name(name), key))
        else:
            accept((number, row))
    checked.drift.update(absent)
    return checked


@cache
def _checks(name: str) -> tuple[tuple[str, Callable, Callable], ...]:
    return tuple((item.name, *_pair(item)) for item in record_type(name).fields)


def _pair(item: Field) -> tuple[Callable, Callable]:
    """Return the quick test of the usual text and the full check of any value."""
    if item.enum or item.kind in ("boolean", "json", "timestamp_ms") or not _has(item, "string"):
        return _never, _slow(item)
    fast = {"decimal": _FAST_DECIMAL, "integer": _FAST_INTEGER}.get(item.kind)
    if fast is None:
        fast = re.compile(f"{_FAST_TEXT}{{1,{item.max_length or 65536}}}").fullmatch
    return fast, _slow(item)


def _slow(item: Field) -> Callable:
    check = _KINDS[item.kind]

    def slow(value, latest: int):
        if value is _MISSING:
            if item.required:
                raise Refusal("field_missing")
            return value
        if value is None:
            if not item.nullable:
                raise Refusal("field_missing")
            return value
        return check(item, value, latest)

    return slow


def _identifier(item: Field, value, _latest: int) -> str:
    if value == "":
        raise Refusal("field_missing")
    return _text(item, value, _latest)


def _text(item: Field, value, _latest: int) -> str:
    if value.__class__ is not str:
        raise Refusal("wrong_type")
    if "\x00" in value:
        raise Refusal("text_not_storable")
    _storable(value, 0)
    if item.max_length and len(value) > item.max_length:
        raise Refusal("too_long")
    if item.enum and value not in item.enum:
        raise Refusal("wrong_type")
    return value


def _decimal(item: Field, value, _latest: int) -> str:
    return decimal_text(_number_text(item, value), item.minimum)


def _integer(item: Field, value, _latest: int) -> str:
    return integer_text(_number_text(item, value), item.minimum)


def _timestamp(item: Field, value, latest: int) -> int:
    moment = int(integer_text(_number_text(item, value), item.minimum))
    if moment > latest:
        raise Refusal("time_in_future")
    return moment


def _number_text(item: Field, value) -> str:
    if value.__class__ is NumberText or value.__class__ is int:
        if not (_has(item, "number") or _has(item, "integer")):
            raise Refusal("wrong_type")
    elif value.__class__ is not str or not _has(item, "string"):
        raise Refusal("wrong_type")
    try:
        return str(value)
    except ValueError:  # an int of more digits than Python turns into text
        raise Refusal("out_of_range") from None


def _boolean(_item: Field, value, _latest: int) -> bool:
    if value.__class__ is not bool:
        raise Refusal("wrong_type")
    return value


def _json(item: Field, value, _latest: int):
    if not _has(item, "object" if value.__class__ is dict else "array"):
        raise Refusal("wrong_type")
    if value.__class__ not in (dict, list):
        raise Refusal("wrong_type")
    _storable(value, 0)
    return value


_KINDS = {
    "identifier": _identifier,
    "text": _text,
    "decimal": _decimal,
    "integer": _integer,
    "boolean": _boolean,
    "timestamp_ms": _timestamp,
    "json": _json,
}


def _storable(value, depth: int) -> None:
    """Raise Refusal where a value cannot be written as UTF-8 JSON of bounded depth."""
    if depth > MAX_DEPTH:
        raise Refusal("text_not_storable")
    if isinstance(value, str):
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise Refusal("text_not_storable") from None
    elif isinstance(value, dict):
        for name, inner in value.items():
            _storable(name, depth)
            _storable(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _storable(inner, depth + 1)


def _key(record: RecordType, row: dict) -> str | None:
    """Return as much of the identity as can be read, or None."""
    parts = [row.get(name) for name in record.key]
    if not any(isinstance(part, str) for part in parts):
        return None
    text = "|".join(part if isinstance(part, str) else "" for part in parts)[:2000]
    return _name(text)


def _name(text: str | None) -> str | None:
    """Return a text from CoinCap as one that every store can hold, at most 200 characters."""
    if text is None:
        return None
    return text.encode("utf-8", "replace").decode().replace("\x00", "?")[:200]


def _has(item: Field, json_type: str) -> bool:
    return json_type in item.json_types


def _never(_value) -> None:
    return None
