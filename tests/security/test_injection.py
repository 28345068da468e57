"""Hostile ids and names through the stream's merge and the views: text stays text."""

import json

import psycopg
import pytest
from harness import Driver, asset, in_partitions, market, message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
STORABLE = HOSTILE.filter(lambda text: text and "\x00" not in text and text[0] not in "{[")
"""What the contract lets pass as an identifier."""
FIXED = [part for part in FRAGMENTS if part[0] not in "{["]


@pytest.fixture
def driver(spark, postgres):
    driver = Driver(spark, postgres.dsn)
    yield driver
    driver.close()


def rows_of(texts):
    """A market and an asset per text; the text is the id, the symbol and the name."""
    for number, text in enumerate(texts):
        row = market(text, f"{text}{number}", text) | {"baseSymbol": text, "quoteSymbol": text}
        yield message("markets", row)
        yield message("assets", asset(f"{text}{number}") | {"name": text, "symbol": text})


@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(STORABLE, min_size=60, max_size=60, unique=True))
def test_whatever_an_id_holds_it_is_stored_as_it_is(driver, postgres, texts):
    texts = list(dict.fromkeys(FIXED + texts))
    offset = len(driver.plan.ends) * 10_000
    placed = [{**m, "offset": m["offset"] + offset} for m in in_partitions(rows_of(texts))]
    driver.process(placed, len(driver.plan.ends))
    wanted = {(text, f"{text}{number}", text) for number, text in enumerate(texts)}
    with psycopg.connect(postgres.dsn) as db:
        held = db.execute(
            "select exchange_id, base_id, quote_id, base_symbol from market.v1_latest_markets"
        ).fetchall()
        assert wanted <= {row[:3] for row in held}
        assert all(row[0] == row[3] for row in held)
        names = dict(db.execute("select id, name from market.v1_latest_assets").fetchall())
        assert all(names[f"{text}{number}"] == text for number, text in enumerate(texts))
        for view, column in (("v1_market_candles", "exchange_id"), ("v1_candles", "asset_id")):
            query = f"select count(*) from market.{view} where {column} = %s"
            name = texts[0] if column == "exchange_id" else f"{texts[0]}0"
            assert db.execute(query, [name]).fetchone()[0] >= 1, view
        assert db.execute("select count(*) from market.dead_letters").fetchone() == (0,)


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
