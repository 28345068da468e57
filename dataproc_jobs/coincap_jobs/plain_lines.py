"""Plain messages as COPY lines, reduced and formatted: ``reduce`` and ``copy_text`` in Python."""

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import cache
from hashlib import md5, sha256

from coincap.contract import RecordType, record_type
from coincap.topics import topics
from coincap.trust import distrust
from coincap_jobs import plain
from coincap_jobs.dead_letters import KEPT_BYTES
from coincap_jobs.merge import LATEST
from coincap_jobs.reduce import EVENT_TIME, first_columns, table_columns

_WHOLE = Context(prec=40, rounding=ROUND_HALF_EVEN)
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
        headers: str,
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
                _group(self._groups.setdefault(record.name, {}), record, own, known, value)
            else:
                self._keep(record.table, _line(own.values()))
        except (plain.Doubt, UnicodeDecodeError):
            self.doubtful.append((topic, partition, offset))

    def take(self) -> dict[str, list[str]]:
        """Return target → lines of what was added, and forget it."""
        for name, groups in self._groups.items():
            record = record_type(name)
            for group in groups.values():
                self._keep(record.table, group.line(record))
        lines, self._lines, self._groups = self._lines, {}, {}
        return lines

    def _keep(self, target: str, line: str) -> None:
        self._lines.setdefault(target, []).append(line)


@cache
def _records() -> dict[str, RecordType]:
    return {topic.name: record_type(topic.record) for topic in topics().values()}


class _Group:
    """What is kept of the messages about one key and event time."""

    __slots__ = ("first", "newest", "polls")

    def __init__(self):
        self.newest = self.first = None
        self.polls = 0

    def add(self, version: tuple, row: dict) -> None:
        if self.newest is None or version > self.newest[0]:
            self.newest = (version, row)
        if self.first is None or version < self.first[0]:
            self.first = (version, row)
        self.polls += 1

    def line(self, record: RecordType) -> str:
        newest, first = self.newest[1], self.first[1]
        latest, firsts, _ = _columns(record.name)
        values = [newest[column] for column in latest] + [first[column] for column in firsts]
        return _line([*values, str(self.polls)])


@cache
def _columns(name: str) -> tuple[list[str], list[str], tuple[str, ...]]:
    """Return the table's columns, those of the sample's value, and those of the key."""
    record = record_type(name)
    return table_columns(record), first_columns(record), record.key_columns


def _group(groups: dict, record: RecordType, own: dict, known: dict, value: bytes) -> None:
    digest = md5(value).hexdigest()
    # A record's own column of a header's name wins, as in wire.decode.
    row = {**known, **own, "value_md5": digest}
    version = (known["polled_at"], known["snapshot_id"], digest)
    if record.name == "market":
        _judge_market(row, known["polled_at"])
    _, firsts, keys = _columns(record.name)
    if firsts:
        row["first_polled_at"], row["first_snapshot_id"], row["first_md5"] = version
        row["first_price"] = own["price_usd"]
    event_time = EVENT_TIME[record.name]
    key = (*[row[name] for name in keys], row[event_time] if event_time else None)
    groups.setdefault(key, _Group()).add(version, row)


def _judge_market(row: dict, polled_at: str) -> None:
    volume = row["volume_usd_24hr"]
    volume = None if volume is None else Decimal(volume)
    updated = row["updated"]
    row["distrust"] = row["first_distrust"] = distrust(
        row["price_usd"],
        row["quote_id"],
        volume,
        None if updated is None else plain.instant_ms(updated),
        plain.instant_ms(polled_at),
    )
    weight = 0 if volume is None else volume.quantize(Decimal(1), context=_WHOLE)
    if weight >= 10**20:
        raise plain.Doubt
    row["first_weight"] = str(weight)


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


def _line(values: Iterable) -> str:
    # Most texts need no escape, and this is found out fastest so.
    cells = [
        "\\N" if v is None else v if v.isprintable() and "\\" not in v else v.translate(_ESCAPES)
        for v in values
    ]
    return "\t".join(cells) + "\n"
