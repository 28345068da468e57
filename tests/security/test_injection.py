"""Hostile ids and names through the stream's merge and the views: text stays text."""

import json

import psycopg
import pytest
from harness import Driver, asset, in_partitions, market, message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coincap.contract import RecordType, record_type
from coincap.topics import topics
from coincap_jobs.serve import SOURCES

FRAGMENTS = (
    "'", '"', "';", "--", "/*", "*/", "\\", "\\N", "\\.", "\t", "\n", "\r", "%s", "%(x)s",
    "{}", "{0}", "$1", "$$", "${x}", "`", ")", "(", "|", ",", "null", "{", "}", "[",
    "drop table market.markets;", "'; delete from market.markets; --", "pg_sleep(9)",
    "\u2028", "\u200b", "\ufeff", "é", "😀",
    "<script>alert(1)</script>", "=cmd|' /C calc'!A0", "\x01", "\x7f", " ",
)  # fmt: skip
HOSTILE = st.lists(
    st.sampled_from(FRAGMENTS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
    min_size=1,
    max_size=6,
).map("".join)
STORABLE = HOSTILE.filter(lambda text: text and "\x00" not in text)
"""What JSON and UTF-8 can carry to the stream."""
HARD = "".join(part for part in FRAGMENTS if part[0] not in "{[")[-90:]
RECORDS = [record_type(topics()[name].record) for name in SOURCES]
PLAIN = {"decimal": "1.5", "integer": "1", "boolean": True, "timestamp_ms": 1_729_168_200_000}


@pytest.fixture
def driver(spark, postgres):
    driver = Driver(spark, postgres.dsn)
    yield driver
    driver.close()


def row_of(record: RecordType, number: int, text: str) -> dict:
    """A row of a type whose every id and text is hostile; the number makes its identity new."""
    row = {}
    for field in record.fields:
        if field.kind in ("identifier", "text"):
            value = f"{text}{number}" if field.name in record.key else text
            row[field.name] = field.enum[0] if field.enum else value[: field.max_length]
        elif field.kind != "json":
            row[field.name] = PLAIN[field.kind]
    return row


def found(db, record: RecordType, row: dict) -> bool:
    """Whether the table has the row, each of its texts as it was sent."""
    texts = {f.column: row[f.name] for f in record.fields if f.kind in ("identifier", "text")}
    same = " and ".join(f"{column} = %s" for column in texts)
    query = f"select count(*) from market.{record.table} where {same}"
    return db.execute(query, list(texts.values())).fetchone() == (1,)


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(STORABLE, min_size=60, max_size=60, unique=True))
def test_whatever_an_id_or_a_name_holds_it_is_stored_or_refused_as_it_is(driver, postgres, texts):
    texts, batch = list(dict.fromkeys([*FRAGMENTS, *texts])), len(driver.plan.ends)
    rows = [
        (record, row_of(record, batch * 1000 + number, text), text)
        for record in RECORDS
        for number, text in enumerate(texts)
    ]
    sent = []
    for record, row, _ in rows:
        one = message(record.topic.removeprefix("coincap."), row)
        sent.append(one | {"topic": record.topic})
    placed = [{**m, "offset": m["offset"] + batch * 10_000} for m in in_partitions(sent)]
    driver.process(placed, batch)
    with psycopg.connect(postgres.dsn) as db:
        query = "select raw, reason from market.dead_letters where source = 'stream'"
        letters = dict(db.execute(query).fetchall())
        for (record, row, text), each in zip(rows, sent, strict=True):
            reason = letters.get(each["value"].decode())
            # An id that looks like JSON is refused; any other text is a text.
            assert reason == ("wrong_type" if text[0] in "{[" else None), (record.name, text)
            assert found(db, record, row) is (reason is None), (record.name, text)


def test_the_views_show_an_id_as_it_is(driver, postgres):
    row = market(HARD, HARD, HARD) | {"baseSymbol": HARD}
    driver.process(
        in_partitions([message("markets", row), message("assets", asset(HARD) | {"name": HARD})]), 0
    )
    with psycopg.connect(postgres.dsn) as db:
        for view, columns in {
            "v1_latest_markets": ("exchange_id", "base_id", "quote_id", "base_symbol"),
            "v1_latest_assets": ("id", "name"),
            "v1_market_candles": ("exchange_id", "base_id"),
            "v1_candles": ("asset_id",),
        }.items():
            rows = db.execute(f"select {', '.join(columns)} from market.{view}").fetchall()
            assert rows == [(HARD,) * len(columns)], view


def test_a_refused_rows_texts_are_kept_as_text(driver, postgres):
    sent = []
    for number, text in enumerate(FRAGMENTS):
        row = market(text or "x", "b", "q", price="NaN")
        body = json.dumps(row).encode()
        sent.append(message("markets", row, snapshot=f"{text}{number}", text=body))
    driver.process(in_partitions(sent), 0)
    with psycopg.connect(postgres.dsn) as db:
        held = db.execute("select snapshot_id, raw_start from market.v1_dead_letters").fetchall()
    assert {row[0] for row in held} == {f"{text}{n}" for n, text in enumerate(FRAGMENTS)}
    assert {row[1] for row in held} == {m["value"].decode() for m in sent}


@pytest.mark.parametrize(
    "parent",
    [
        "market_ticks; drop table market.markets",
        'market_ticks" (like market.markets); drop table market.markets; --',
        "assets",
        "",
    ],
)
def test_the_owners_functions_take_a_name_for_a_name(postgres, parent):
    """They run with the owner's rights, so a name must not become a statement."""
    with psycopg.connect(postgres.dsn, autocommit=True) as db:
        db.execute("set role market_writer")
        with pytest.raises(psycopg.Error):
            db.execute("select market.ensure_partition(%s, date '2024-10-17')", [parent])
        dropped = db.execute("select market.drop_partitions_before(%s, now())", [parent])
        assert dropped.fetchall() == []
        assert db.execute("select to_regclass('market.markets')").fetchone()[0]
