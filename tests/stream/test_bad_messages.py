"""Poison does not stop the stream: each bad message is one dead letter with its reason."""

import json

from harness import Driver, in_partitions, market, message, tables

AT = "2024-10-17T12:31:00.000Z"


def with_fields(**changes):
    return json.dumps({**market(), **changes}).encode()


POISON = {
    b"\xff\xfe{}": ("text_not_storable", None),
    b"[1, 2]": ("not_an_object", None),
    b"not json": ("not_an_object", None),
    b'{"a": ' + b"[" * 5000: ("not_an_object", None),
    b"{}": ("field_missing", "exchangeId"),
    b"x" * 10_000_000: ("too_long", None),
    with_fields(priceUsd="NaN"): ("not_a_number", "priceUsd"),
    with_fields(priceUsd="-1"): ("negative", "priceUsd"),
    with_fields(priceUsd="1" * 21): ("out_of_range", "priceUsd"),
    with_fields(rank="1" * 40): ("out_of_range", "rank"),
    with_fields(rank="1.5"): ("not_a_number", "rank"),
    with_fields(updated=99999999999999): ("time_in_future", "updated"),
    with_fields(updated=2**63 - 1): ("time_in_future", "updated"),
    with_fields(updated="soon"): ("wrong_type", "updated"),
    with_fields(baseSymbol="a\u0000b"): ("text_not_storable", "baseSymbol"),
    with_fields(exchangeId={"a": 1}): ("wrong_type", "exchangeId"),
    with_fields(exchangeId=None): ("field_missing", "exchangeId"),
}


def test_each_bad_message_is_one_dead_letter_and_the_good_go_on(spark, postgres):
    sent = [message("markets", None, AT, f"s{n}", text) for n, text in enumerate(POISON)]
    sent.append(message("markets", market(), AT))
    sent += sent[:3]
    driver = Driver(spark, postgres.dsn)
    driver.process(in_partitions(sent), 0)
    driver.close()
    content = tables(postgres.dsn)
    assert len(content["markets"]) == 1
    got = {row["snapshot_id"]: (row["reason"], row["field"]) for row in content["dead_letters"]}
    assert got == {f"s{n}": verdict for n, verdict in enumerate(POISON.values())}


def test_a_dead_letter_keeps_the_start_and_the_size_of_the_message(spark, postgres):
    driver = Driver(spark, postgres.dsn)
    driver.process(in_partitions([message("markets", None, AT, "big", b"x" * 200_000)]), 0)
    driver.close()
    (letter,) = tables(postgres.dsn)["dead_letters"]
    assert letter["raw"] == "x" * 65536
    assert letter["raw_bytes"] == 200_000


def test_the_last_of_two_equal_keys_counts_as_in_python(spark, postgres):
    text = json.dumps(market()).replace('"rank": "1"', '"rank": "1", "rank": "7"').encode()
    driver = Driver(spark, postgres.dsn)
    driver.process(in_partitions([message("markets", market(), AT, text=text)]), 0)
    driver.close()
    assert tables(postgres.dsn)["markets"][0]["rank"] == int(json.loads(text)["rank"]) == 7


def test_text_that_looks_like_copy_syntax_arrives_as_it_is(spark, postgres):
    odd = "a\tb\\N\nc\r\\.'; drop table market.markets; --"
    driver = Driver(spark, postgres.dsn)
    driver.process(in_partitions([message("markets", market() | {"baseSymbol": odd}, AT)]), 0)
    driver.close()
    assert tables(postgres.dsn)["markets"][0]["base_symbol"] == odd


def test_a_dead_letter_of_the_functions_is_stored_and_not_refused(spark, postgres):
    row = {
        "deadLetterId": "d1", "source": "function", "sourceTopic": "coincap.markets",
        "sourcePartition": None, "sourceOffset": None, "endpoint": "markets",
        "snapshotId": "markets-1", "polledAt": 1729168200000, "apiVersion": "v3",
        "reason": "not_a_number", "field": "priceUsd", "key": None,
        "raw": '{"exchangeId": "x"}', "rawBytes": 19, "rawSha256": "0" * 64, "rawLocation": None,
    }  # fmt: skip
    letter = message("markets", None, AT, text=json.dumps(row).encode())
    driver = Driver(spark, postgres.dsn)
    driver.process(in_partitions([{**letter, "topic": "coincap.dead-letter"}]), 0)
    driver.close()
    (stored,) = tables(postgres.dsn)["dead_letters"]
    assert (stored["dead_letter_id"], stored["source"]) == ("d1", "function")
    assert stored["raw"] == row["raw"]
