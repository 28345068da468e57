"""CoinCap's envelope: what is no data is an error, never rows."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.envelope import parse, row_texts
from ingest.errors import BadBody, Final


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "no JSON"),
        (b'{"data":[{"id":"bitc', "cut"),
        (b"<!DOCTYPE html><html></html>", "HTML"),
        (b"\xff\xfe{}", "UTF-8"),
        (b"[]", "list"),
        (b'{"error":"boom","timestamp":1}', "boom"),
        (b'{"data":{"id":"bitcoin"},"timestamp":1}', "an object"),
        (b'{"data":null}', "missing or null"),
        (b'{"data":"rows"}', "a str"),
        (b'{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too deep"),
    ],
)
def test_a_body_that_holds_no_rows_is_an_error(body, words):
    with pytest.raises(BadBody, match=words):
        parse(body)


def test_the_farewell_of_v2_is_final():
    with pytest.raises(Final, match="deprecating"):
        parse(b'{"data":{"message":"We are deprecating this version"},"timestamp":1}')


def test_numbers_keep_their_digits():
    row = parse(b'{"data":[{"a":1.10,"b":1e5,"c":NaN}],"timestamp":7}').rows[0]
    assert row == {"a": "1.10", "b": "1e5", "c": "NaN"}


def test_a_single_object_is_one_row():
    envelope = parse(b'{"data":{"id":"bitcoin"},"timestamp":5}', single=True)
    assert (envelope.rows, envelope.envelope_at_ms) == ([{"id": "bitcoin"}], 5)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.lists(JSON, max_size=5), st.sampled_from([None, 1]), st.booleans())
def test_each_row_is_cut_out_as_it_was_received(rows, indent, ascii_only):
    content = {"other": ["x", {"data": 1}], "data": rows, "timestamp": 1}
    body = json.dumps(content, indent=indent, ensure_ascii=ascii_only)
    try:
        encoded = body.encode()
    except UnicodeEncodeError:
        return
    assert [json.loads(text) for text in row_texts(encoded)] == rows
    assert all(text in body for text in row_texts(encoded))
