"""What the fuzzers feed, and what must hold whatever they feed.

Each target takes bytes and raises only when the product broke a promise.
"""

import json
from collections.abc import Callable
from decimal import Decimal

from coincap.check import check_rows
from coincap.contract import record_types
from coincap.normalise import NumberText, Refusal, decimal_text, integer_text
from coincap.numbers import SCALE, to_decimal18
from ingest.envelope import parse, row_texts
from ingest.errors import IngestError
from ingest.wire import serialise

POLLED_AT_MS = 1_729_167_487_000
RECORDS = [record for record in record_types() if record.endpoint]


def envelope(body: bytes) -> None:
    """A body is an envelope or one of our errors; its rows can be cut out as they came."""
    try:
        rows = parse(body).rows
    except IngestError as error:
        if "\n" in str(error):
            raise AssertionError("an error is one line") from error
        return
    texts = row_texts(body)
    assert len(texts) == len(rows)
    for text, row in zip(texts, rows, strict=True):
        again = parse(b'{"data":[' + text.encode() + b"]}").rows
        assert again == [row]


def contract(body: bytes) -> None:
    """Every row of a page is accepted or refused once; an accepted one passes again."""
    try:
        count = len(parse(body).rows)
    except IngestError:
        return
    for record in RECORDS:
        checked = check_rows(record, parse(body).rows, POLLED_AT_MS)
        places = [n for n, _ in checked.accepted] + [refused.row for refused in checked.refused]
        assert sorted(places) == list(range(count))
        for refused in checked.refused:
            for text in (refused.reason, refused.field or "", refused.key or ""):
                assert "\x00" not in text
                text.encode()
        for _, row in checked.accepted:
            wire = serialise(row)
            again = check_rows(record, parse(b'{"data":[' + wire + b"]}").rows, POLLED_AT_MS)
            assert not again.refused, again.refused
            assert serialise(again.accepted[0][1]) == wire
            assert record.message_key(row) == record.message_key(json.loads(wire))


def number(body: bytes) -> None:
    """A number text is refused, or becomes digits of exactly the same value."""
    text = body.decode("utf-8", "replace")
    for read in (decimal_text, integer_text):
        try:
            plain = read(NumberText(text), None)
        except Refusal:
            continue
        assert Decimal(plain) == Decimal(text)
        assert set(plain) <= set("-.0123456789")
    try:
        stored = to_decimal18(text)
    except ValueError:
        return
    assert stored.as_tuple().exponent == -SCALE
    assert abs(Decimal(text) - stored) <= Decimal("0.5").scaleb(-SCALE)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "envelope": envelope,
    "contract": contract,
    "number": number,
}
