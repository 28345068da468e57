"""The checks of one field's text where there is no doubt; ``wire`` has the same for Spark."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache

from coincap.contract import Field, record_type
from coincap.normalise import NumberText
from coincap.numbers import SCALE, to_decimal18

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DECIMAL = re.compile(r"-?[0-9]{1,20}(?:\.([0-9]{1,300}))?").fullmatch
_INTEGER = re.compile(r"-?[0-9]{1,18}").fullmatch
_MOMENT = re.compile(r"0|[1-9][0-9]{0,14}").fullmatch
_NO_DIGITS = re.compile(r"[A-DF-Za-df-z,:;/_#$%&*()\[\]{}<>]").search


class Doubt(Exception):
    """A message that only Spark's own checks may judge."""


class Refused(Exception):
    """A message that breaks the contract: the case of the schema's rules, and the field."""

    def __init__(self, reason: str, field: str):
        super().__init__(reason, field)
        self.reason, self.field = reason, field


def timestamp(ms: int) -> str:
    """Return ms since 1970 UTC, from 1970 on, as PostgreSQL reads it."""
    minute, rest = divmod(ms, 60_000)
    return f"{_minute(minute)}:{rest // 1000:02}.{rest % 1000:03}+00:00"


@lru_cache(maxsize=4096)
def _minute(number: int) -> str:
    return (EPOCH + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M")


def usual(name: str, text: str, latest: int) -> tuple[str | None, ...] | None:
    """Return the fields of a message that looks as the functions publish a usual row, else None.

    Compact JSON, the schema's fields in its order, plain ASCII texts, no time after ``latest``
    (ms since 1970 UTC): one look at the whole, which also proves every check of ``readers``.
    """
    look, times = _look(name)
    match = look(text)
    if match is None:
        return None
    values = match.groups()
    for place in times:
        moment = values[place]
        if moment is not None:
            if int(moment) > latest:
                return None
            values = (*values[:place], timestamp(int(moment)), *values[place + 1 :])
    return values


@cache
def _look(name: str) -> tuple[Callable, list[int]]:
    fields = record_type(name).fields
    parts = [f'"{re.escape(f.name)}":(?:{_shape(f)})' for f in fields]
    # Only a field that may be null may be absent; the first one of every record may be neither.
    rest = [
        part if _is_faulty_null(f) else f"(?:{part})?"
        for f, part in zip(fields[1:], (f",{part}" for part in parts[1:]), strict=True)
    ]
    times = [place for place, f in enumerate(fields) if f.kind == "timestamp_ms"]
    return re.compile(rf"\{{{parts[0]}{''.join(rest)}\}}").fullmatch, times


def _shape(field: Field) -> str:
    """Return a pattern with one group: the JSON of a usual value, which is its own column."""
    sign = "-?" if field.minimum is None else ""
    if field.enum:
        shape = f'"({"|".join(map(re.escape, field.enum))})"'
    else:
        shape = {
            "decimal": rf'"({sign}[0-9]{{1,20}}(?:\.[0-9]{{1,{SCALE}}})?)"',
            "integer": f'"({sign}[0-9]{{1,18}})"',
            "timestamp_ms": "([1-9][0-9]{0,14})",
            "boolean": "(true|false)",
            "json": "((?!))",
        }.get(field.kind) or (rf'"([0-9A-Za-z][ !#-\[\]-~]{{0,{(field.max_length or 1000) - 1}}})"')
    return shape if _is_faulty_null(field) else f"{shape}|null"


def _is_faulty_null(field: Field) -> bool:
    return field.required and "null" not in field.json_types


@cache
def readers(name: str) -> tuple[tuple[str, Callable], ...]:
    """Return (CoinCap's name, full check) per field; by name, as hashing a record is dear."""
    return tuple((f.name, _reader(f)) for f in record_type(name).fields)


def _reader(field: Field) -> Callable[[object, int], str | None]:
    check = {
        "decimal": _decimal,
        "integer": _integer,
        "timestamp_ms": _timestamp,
        "boolean": _boolean,
        "json": _json,
    }.get(field.kind, _text)
    null_is_fault = _is_faulty_null(field)

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
