"""Plain messages, decoded by Python: the part of the contract that leaves no room for doubt.

Spark needs half a second to plan, generate and start the contract's checks, whatever the size
of the batch, and 50 microseconds of a core per message; this needs no plan and half the time
per message. Anything unusual (a float, a nested number, an exponent, bad UTF-8, an odd time)
raises Doubt, and that message goes through Spark (``wire``). Where there is no doubt the verdict
and every column are those of ``wire``: tests/stream/test_plain.py compares them.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache

from coincap.contract import Field, RecordType, record_type
from coincap.normalise import NumberText
from coincap.numbers import SCALE, to_decimal18
from coincap_jobs import replays
from coincap_jobs.wire import FUTURE_TOLERANCE_MS

LONGEST_BYTES = 65_536
"""A longer message is left to Spark."""
HEADERS = ("endpoint", "snapshot_id", "polled_at", "envelope_at", "api_version")
_BETWEEN, _IS, _NULL, _BAD = "\x1e", "\x1f", "\x1d", "\ufffd"
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z").fullmatch
_DECIMAL = re.compile(r"-?[0-9]{1,20}(?:\.([0-9]{1,300}))?").fullmatch
_INTEGER = re.compile(r"-?[0-9]{1,18}").fullmatch
_MOMENT = re.compile(r"0|[1-9][0-9]{0,14}").fullmatch
_NO_DIGITS = re.compile(r"[A-DF-Za-df-z,:;/_#$%&*()\[\]{}<>]").search
_NUMBERS = ("decimal", "integer", "timestamp_ms")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS = 253_402_300_799_999


class Doubt(Exception):
    """A message that only Spark's own checks may judge."""


class Refused(Exception):
    """A message that breaks the contract: the case of the schema's rules, and the field."""

    def __init__(self, reason: str, field: str):
        super().__init__(reason, field)
        self.reason, self.field = reason, field


HEADER_TEXT = (
    f"concat_ws('{_BETWEEN}', transform(headers, h -> "
    f"concat(h.key, '{_IS}', coalesce(decode(h.value, 'UTF-8'), '{_NULL}'))))"
)
"""Spark's expression for a message's headers as one text: all messages of a page share it."""


@lru_cache(maxsize=4096)
def headers(text: str) -> dict[str, str | None]:
    """Return the known headers from ``HEADER_TEXT``; raises Doubt where one is unusual."""
    if any(mark in text for mark in (_NULL, _BAD, "\x00")) or replays.HEADER in text:
        raise Doubt
    found = dict(part.split(_IS, 1) for part in text.split(_BETWEEN) if part)
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
        return (datetime.fromisoformat(text) - _EPOCH) // timedelta(milliseconds=1)
    except ValueError:
        raise Doubt from None


@lru_cache(maxsize=65536)
def timestamp(ms: int) -> str:
    """Return ms since 1970 UTC as PostgreSQL reads it."""
    return (_EPOCH + timedelta(milliseconds=ms)).isoformat()


def columns(record: RecordType, text: str, known: dict[str, str | None]) -> dict[str, str | None]:
    """Return column → text of a message's own fields; raises Doubt or Refused."""
    if not text.startswith("{"):
        raise Doubt
    try:
        row = json.loads(
            text,
            parse_int=NumberText,
            parse_float=_doubt,
            parse_constant=_doubt,
            object_pairs_hook=_distinct,
        )
    except (ValueError, RecursionError):
        raise Doubt from None
    if not text.isascii() or "\\u" in text:
        _encodable(row)
    if record.endpoint:
        for name in ("snapshot_id", "polled_at"):
            if known[name] is None:
                raise Refused("field_missing", name)
    polled = known["polled_at"]
    latest = _LAST_MS if polled is None else instant_ms(polled) + FUTURE_TOLERANCE_MS
    return {column: read(row.get(name), latest) for name, column, read in _readers(record.name)}


@cache
def _readers(name: str) -> tuple:
    """Return (CoinCap's name, column, check) per field; by name, as hashing a record is dear."""
    return tuple((f.name, f.column, _reader(f)) for f in record_type(name).fields)


def _reader(field: Field):
    check = {
        "decimal": _decimal,
        "integer": _integer,
        "timestamp_ms": _timestamp,
        "boolean": _boolean,
        "json": _json,
    }.get(field.kind, _text)
    null_is_fault = field.required and "null" not in field.json_types

    def read(value, latest: int) -> str | None:
        if value is None:
            if null_is_fault:
                raise Refused("field_missing", field.name)
            return None
        if value.__class__ is not str:
            value = _as_text(field, value)
        return check(field, value, latest)

    return read


def _as_text(field: Field, value) -> str:
    if value.__class__ is NumberText:
        return str(value)
    if value.__class__ is bool:
        return "true" if value else "false"
    if field.kind != "json":
        raise Doubt
    return json.dumps(_texts_only(value), ensure_ascii=False, separators=(",", ":"))


def _text(field: Field, value: str, _latest: int) -> str:
    if "\x00" in value:
        raise Refused("text_not_storable", field.name)
    if field.max_length and len(value) > field.max_length:
        raise Refused("too_long", field.name)
    if field.kind == "identifier":
        if value.startswith(("{", "[")):
            raise Refused("wrong_type", field.name)
        if value == "":
            raise Refused("field_missing", field.name)
    if field.enum and value not in field.enum:
        raise Refused("wrong_type", field.name)
    return value


def _decimal(field: Field, value: str, _latest: int) -> str:
    match = _DECIMAL(value)
    if not match:
        raise Refused("not_a_number", field.name) if _NO_DIGITS(value) else Doubt
    short = len(match[1] or "") <= SCALE
    if field.minimum == 0 and value.startswith("-") and value.strip("-0."):
        # What rounds to zero is none of the plain cases.
        raise Refused("negative", field.name) if short else Doubt
    if short:
        return value
    try:
        return f"{to_decimal18(value):f}"
    except ValueError:
        raise Doubt from None


def _integer(field: Field, value: str, _latest: int) -> str:
    if not _INTEGER(value):
        raise Refused("not_a_number", field.name) if _NO_DIGITS(value) else Doubt
    if field.minimum == 0 and int(value) < 0:
        raise Refused("negative", field.name)
    return value


def _timestamp(field: Field, value: str, latest: int) -> str | None:
    if not _MOMENT(value):
        raise Refused("wrong_type", field.name) if _NO_DIGITS(value) else Doubt
    if int(value) > latest:
        raise Refused("time_in_future", field.name)
    return timestamp(int(value)) if value != "0" else None


def _boolean(field: Field, value: str, _latest: int) -> str:
    if value not in ("true", "false"):
        raise Refused("wrong_type", field.name)
    return value


def _json(field: Field, value: str, _latest: int) -> str:
    if "\x00" in value:
        raise Refused("text_not_storable", field.name)
    return value


def _texts_only(value):
    """Return a nested value whose JSON text every writer agrees on; raises Doubt."""
    if value.__class__ is dict:
        return {_texts_only(name): _texts_only(inner) for name, inner in value.items()}
    if value.__class__ is list:
        return [_texts_only(inner) for inner in value]
    if value.__class__ is not str or not value.isascii() or not value.isprintable():
        raise Doubt
    return value


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
