"""The contract check: each class of bad input has its rule, and no row is ever lost."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coincap.check import check_rows
from coincap.contract import record_of_endpoint, record_type
from coincap.normalise import NumberText
from ingest.envelope import parse
from ingest.wire import serialise

POLLED_AT_MS = 1_729_167_487_000
MARKET = record_type("market")


def market(**changes) -> dict:
    row = {
        "exchangeId": "binance",
        "rank": "1",
        "baseSymbol": "BTC",
        "baseId": "bitcoin",
        "quoteSymbol": "USDT",
        "quoteId": "tether",
        "priceQuote": "66982.6300000000000000",
        "priceUsd": "66960.0375297450635764",
        "volumeUsd24Hr": "32023704.2457337348560218",
        "percentExchangeVolume": "19.4323217967256041",
        "tradesCount24Hr": "7",
        "updated": POLLED_AT_MS - 44_000,
    }
    row |= changes
    return {name: value for name, value in row.items() if value is not ...}


def check(row) -> object:
    return check_rows(MARKET, [row], POLLED_AT_MS)


@pytest.mark.parametrize(
    ("row", "reason", "field"),
    [
        ("text", "not_an_object", None),
        (None, "not_an_object", None),
        ([], "not_an_object", None),
        (market(priceQuote=...), "field_missing", "priceQuote"),
        (market(priceQuote=None), "field_missing", "priceQuote"),
        (market(baseId=""), "field_missing", "baseId"),
        (market(baseId=NumberText("5")), "wrong_type", "baseId"),
        (market(priceQuote=[]), "wrong_type", "priceQuote"),
        (market(priceQuote=True), "wrong_type", "priceQuote"),
        (market(updated="1729167443004"), "wrong_type", "updated"),
        (market(updated=NumberText("1729167443004.5")), "wrong_type", "updated"),
        (market(tradesCount24Hr="7.5"), "wrong_type", "tradesCount24Hr"),
        (market(priceUsd="NaN"), "not_a_number", "priceUsd"),
        (market(priceUsd="Infinity"), "not_a_number", "priceUsd"),
        (market(priceUsd=NumberText("NaN")), "not_a_number", "priceUsd"),
        (market(priceUsd=""), "not_a_number", "priceUsd"),
        (market(priceUsd="12,5"), "not_a_number", "priceUsd"),
        (market(priceUsd="٣"), "not_a_number", "priceUsd"),
        (market(priceUsd="1e400"), "out_of_range", "priceUsd"),
        (market(priceUsd="1e999999999"), "out_of_range", "priceUsd"),
        (market(priceUsd="1" * 40), "out_of_range", "priceUsd"),
        (market(priceUsd="9" * 20 + "." + "9" * 19), "out_of_range", "priceUsd"),
        (market(tradesCount24Hr="9223372036854775808"), "out_of_range", "tradesCount24Hr"),
        (market(priceUsd="0." + "1" * 400), "too_long", "priceUsd"),
        (market(priceUsd="-0.01"), "negative", "priceUsd"),
        (market(tradesCount24Hr="-1"), "negative", "tradesCount24Hr"),
        (market(updated=-1), "negative", "updated"),
        (market(updated=POLLED_AT_MS + 300_001), "time_in_future", "updated"),
        (market(baseSymbol="B\x00C"), "text_not_storable", "baseSymbol"),
        (market(baseSymbol="\ud800"), "text_not_storable", "baseSymbol"),
        (market(novel="\ud800"), "text_not_storable", "novel"),
        (market(baseId="x" * 201), "too_long", "baseId"),
    ],
)
def test_a_row_that_breaks_the_contract_is_refused_with_reason_and_field(row, reason, field):
    checked = check(row)
    assert checked.accepted == []
    assert [(bad.row, bad.reason, bad.field) for bad in checked.refused] == [(0, reason, field)]


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"priceUsd": None}, "priceUsd", None),
        ({"priceUsd": ...}, "priceUsd", ...),
        ({"priceUsd": "1.5e3"}, "priceUsd", "1500"),
        ({"priceUsd": "1.5E-7"}, "priceUsd", "0.00000015"),
        ({"priceUsd": NumberText("0.1234567890123456789")}, "priceUsd", "0.1234567890123456789"),
        ({"priceUsd": 5}, "priceUsd", "5"),
        ({"priceUsd": "0." + "3" * 44}, "priceUsd", "0." + "3" * 44),
        ({"priceUsd": "9" * 20}, "priceUsd", "9" * 20),
        ({"priceUsd": "-0.00"}, "priceUsd", "-0.00"),
        ({"tradesCount24Hr": NumberText("7")}, "tradesCount24Hr", "7"),
        ({"tradesCount24Hr": "7.0"}, "tradesCount24Hr", "7"),
        ({"updated": 0}, "updated", 0),
        ({"updated": NumberText("1729167443004")}, "updated", 1_729_167_443_004),
        ({"updated": POLLED_AT_MS + 300_000}, "updated", POLLED_AT_MS + 300_000),
        ({"quoteId": "venezuelan-bolívar-soberano"}, "quoteId", "venezuelan-bolívar-soberano"),
        ({"baseId": "coin-nobody-knows"}, "baseId", "coin-nobody-knows"),
    ],
)
def test_a_row_within_the_rules_passes_normalised(changes, field, expected):
    checked = check(market(**changes))
    assert checked.refused == []
    assert checked.accepted[0][1].get(field, ...) == expected


def test_unknown_fields_pass_and_are_counted_as_drift():
    checked = check_rows(MARKET, [market(novel=1), market(novel={}, other=None)], POLLED_AT_MS)
    assert len(checked.accepted) == 2
    assert checked.drift == {"novel": 2, "other": 1}


def test_an_optional_field_that_is_gone_is_drift():
    checked = check_rows(MARKET, [market(priceUsd=...), market(priceUsd=None)], POLLED_AT_MS)
    assert len(checked.accepted) == 2
    assert checked.drift == {"-priceUsd": 1}


def test_every_reason_is_a_case_of_the_schema():
    cases = {rule.case: rule.action for rule in MARKET.rules}
    for row in ("text", market(priceQuote=...), market(priceUsd="NaN"), market(updated=-1)):
        assert cases[check(row).refused[0].reason] == "dead_letter"


def test_digits_of_unknown_numbers_survive_on_the_wire():
    rows = parse(b'{"data":[{"n":1.50000000000000000000000000000000001e2,"x":"a"}]}').rows
    assert serialise(rows[0]) == b'{"n":1.50000000000000000000000000000000001e2,"x":"a"}'


@pytest.mark.parametrize(
    ("endpoint", "rows", "null_prices"),
    [("markets", 2000, 4), ("exchanges", 100, None), ("rates", 192, None), ("assets", 10, 0)],
)
def test_the_captures_pass_whole(captures, endpoint, rows, null_prices):
    envelope = parse((captures / f"{endpoint}.json").read_bytes())
    checked = check_rows(record_of_endpoint(endpoint), envelope.rows, envelope.envelope_at_ms)
    assert (len(checked.accepted), checked.refused, dict(checked.drift)) == (rows, [], {})
    if null_prices is not None:
        assert sum(row["priceUsd"] is None for _, row in checked.accepted) == null_prices


NUMBER = st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?(e[0-9]{1,3})?", fullmatch=True)
TEXT = st.text(max_size=20) | NUMBER
JSON_NUMBER = (NUMBER | st.sampled_from(["NaN", "Infinity", "-Infinity"])).map(NumberText)
LEAF = st.none() | st.booleans() | st.integers() | st.floats() | TEXT | JSON_NUMBER
ANY = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
RECORDS = st.sampled_from(["asset", "rate", "exchange", "market", "history"])


@st.composite
def pages(draw):
    record = record_type(draw(RECORDS))
    names = st.sampled_from([field.name for field in record.fields])
    row = st.dictionaries(names | TEXT, ANY, max_size=5)
    near = row.map(lambda changes: market() | changes)
    return record, draw(st.lists(row | near | ANY, max_size=4))


@given(pages())
@settings(max_examples=200, deadline=None)
def test_no_json_makes_the_check_raise_or_lose_a_row(page):
    record, rows = page
    checked = check_rows(record, rows, POLLED_AT_MS)
    assert len(checked.accepted) + len(checked.refused) == len(rows)
    places = [number for number, _ in checked.accepted] + [bad.row for bad in checked.refused]
    assert sorted(places) == list(range(len(rows)))
    for _, row in checked.accepted:
        assert set(row) == set(json.loads(serialise(row)))
        assert isinstance(record.message_key(row), str)
