"""Plain messages as COPY lines, reduced and formatted: ``reduce`` and ``copy_text`` in Python."""

from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import cache
from hashlib import md5, sha256
from operator import itemgetter
from typing import NamedTuple

from coincap.contract import RecordType, record_type
from coincap.topics import topics
from coincap.trust import distrust
from coincap_jobs import plain
from coincap_jobs.dead_letters import KEPT_BYTES
from coincap_jobs.merge import LATEST
from coincap_jobs.reduce import EVENT_TIME, SAMPLED, first_columns, table_columns

_WHOLE = Context(prec=40, rounding=ROUND_HALF_EVEN)
_WEIGHT_DIGITS = 20
"""A volume of as many digits may, once rounded, be no DECIMAL(20,0)."""
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_STREAM = "stream"


class PlainLines:
    """Messages in, COPY lines out; what only Spark may judge is put aside.

    ``doubtful`` has the (topic, partition, offset) of what was put aside. One row per key and
    event time leaves, as from ``reduce``; the merge makes one of those of several takes.
    """

    def __init__(self):
        self.doubtful: list[tuple[str, int, int]] = []
        self._lines: dict[str, list[str]] = {}
        self._groups: dict[str, dict[tuple, _Group]] = {}

    def add(
        self,
        topic: str,
        partition: int,
        offset: int,
        key: bytes | None,
        value: bytes | None,
        headers: bytes,
    ) -> None:
        """Add one message: Kafka's columns, its headers as ``plain.HEADER_TEXT``."""
        record = _records()[topic]
        try:
            if value is None or len(value) > plain.LONGEST_BYTES:
                raise plain.Doubt
            known = plain.headers(headers)
            try:
                own = plain.columns(record, value.decode(), known)
            except plain.Refused as refusal:
                place = (topic, partition, offset)
                self._keep("dead_letters", _letter(place, key, value, known, refusal))
                return
            if record.name in LATEST:
                groups = self._groups.setdefault(record.name, {})
                _group(groups, _form(record.name), own, known, value)
            else:
                self._keep(record.table, _line(own))
        except (plain.Doubt, UnicodeDecodeError):
            self.doubtful.append((topic, partition, offset))

    def take(self) -> dict[str, list[str]]:
        """Return target → lines of what was added, and forget it."""
        for name, groups in self._groups.items():
            lines = self._lines.setdefault(record_type(name).table, [])
            form = _form(name)
            lines += [group.line(form) for group in groups.values()]
        lines, self._lines, self._groups = self._lines, {}, {}
        return lines

    def _keep(self, target: str, line: str) -> None:
        self._lines.setdefault(target, []).append(line)


@cache
def _records() -> dict[str, RecordType]:
    return {topic.name: record_type(topic.record) for topic in topics().values()}


class _Form(NamedTuple):
    """How one record type is grouped and which of its values leave; all take tuples.

    ``key`` takes a message's own fields, ``latest`` and ``firsts`` take what ``_wide`` returns.
    """

    key: Callable[[tuple], tuple]
    dated_by: str | None
    price: int | None
    volume: int | None
    latest: Callable[[tuple], tuple]
    firsts: Callable[[tuple], tuple]
    no_firsts: tuple[None, ...]
    judge: Callable[[tuple, dict], tuple]


@cache
def _form(name: str) -> _Form:
    record = record_type(name)
    fields = [field.column for field in record.fields]
    # A record's own column of a header's name wins, as in wire.decode: index finds it first.
    wide = [*fields, *plain.HEADERS, "value_md5", "distrust", "weight"]
    renamed = {"first_md5": "value_md5", "first_price": "price_usd"}
    firsts = [renamed.get(c, c.removeprefix("first_")) for c in first_columns(record)]
    dated_by = EVENT_TIME[name]
    key = list(record.key_columns)
    if dated_by in fields:
        key.append(dated_by)
        dated_by = None
    return _Form(
        _picker(fields, key),
        dated_by,
        fields.index("price_usd") if name in SAMPLED else None,
        fields.index("volume_usd_24hr") if name == "market" else None,
        _picker(wide, table_columns(record)),
        _picker(wide, firsts),
        (None,) * len(firsts),
        _market_judge(fields) if name == "market" else lambda _own, _known: (None, None),
    )


def _picker(names: list[str], wanted: list[str]) -> Callable[[tuple], tuple]:
    places = [names.index(name) for name in wanted]
    if len(places) > 1:
        return itemgetter(*places)
    return lambda values: tuple(values[place] for place in places)


def _market_judge(fields: list[str]) -> Callable[[tuple, dict], tuple]:
    names = ("price_usd", "quote_id", "volume_usd_24hr", "updated")
    pick = itemgetter(*map(fields.index, names))

    def judge(own: tuple, known: dict) -> tuple:
        price, quote, volume, updated = pick(own)
        volume = None if volume is None else Decimal(volume)
        updated = None if updated is None else plain.instant_ms(updated)
        reason = distrust(price, quote, volume, updated, plain.instant_ms(known["polled_at"]))
        weight = 0 if volume is None else volume.quantize(Decimal(1), context=_WHOLE)
        return reason, str(weight)

    return judge


class _Group:
    """What is kept of the messages about one key and event time: (version, fields, headers)."""

    __slots__ = ("first", "newest", "polls")

    def __init__(self):
        self.newest = self.first = None
        self.polls = 0

    def add(self, found: tuple, is_sample: bool) -> None:
        if self.newest is None or found[0] > self.newest[0]:
            self.newest = found
        if is_sample and (self.first is None or found[0] < self.first[0]):
            self.first = found
        self.polls += 1

    def line(self, form: _Form) -> str:
        newest = _wide(form, *self.newest)
        if self.first is None:
            firsts = form.no_firsts
        else:
            first = newest if self.first is self.newest else _wide(form, *self.first)
            firsts = form.firsts(first)
        return _line((*form.latest(newest), *firsts, str(self.polls)))


def _wide(form: _Form, version: tuple, own: tuple, known: dict) -> tuple:
    return (*own, *known.values(), version[2], *form.judge(own, known))


def _group(groups: dict, form: _Form, own: tuple, known: dict, value: bytes) -> None:
    if form.volume is not None:
        volume = own[form.volume]
        if volume and len(volume.partition(".")[0]) >= _WEIGHT_DIGITS:
            raise plain.Doubt
    key = form.key(own) if form.dated_by is None else (*form.key(own), known[form.dated_by])
    found = ((known["polled_at"], known["snapshot_id"], md5(value).hexdigest()), own, known)
    group = groups.get(key)
    if group is None:
        group = groups[key] = _Group()
    group.add(found, form.price is not None and own[form.price] is not None)


def _letter(place: tuple, key: bytes | None, value: bytes, known: dict, refusal) -> str:
    """Return the line of a dead letter in the columns of dead_letters.dead_letters."""
    topic, partition, offset = place
    key = None if key is None else key.decode()
    parts = (topic, known["snapshot_id"], key, md5(value).hexdigest())
    identity = "|".join(part for part in parts if part is not None)
    return _line(
        [
            sha256(identity.encode()).hexdigest(),
            _STREAM,
            topic,
            str(partition),
            str(offset),
            known["endpoint"],
            _storable(known["snapshot_id"]),
            known["polled_at"],
            known["api_version"],
            refusal.reason,
            refusal.field,
            _storable(key),
            _storable(value.decode()),
            str(len(value)),
            sha256(value).hexdigest(),
            f"{topic}/{partition}/{offset}",
        ]
    )


def _storable(text: str | None) -> str | None:
    return None if text is None else text.replace("\x00", "\ufffd")[:KEPT_BYTES]


def _line(values: Sequence[str | None]) -> str:
    # Most lines need no escape, and this is found out fastest so.
    whole = "".join(filter(None, values))
    if not whole.isprintable() or "\\" in whole:
        values = [v and v.translate(_ESCAPES) for v in values]
    return "\t".join(["\\N" if v is None else v for v in values]) + "\n"
