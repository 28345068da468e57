"""The driver's own decoding of small batches is Spark's, wherever it does not doubt."""

import json
import random

from harness import Driver, asset, in_partitions, market, message, tables

from coincap.contract import record_type
from coincap_jobs import decoding, plain, plain_fields, planned
from coincap_jobs.plain_lines import PlainLines

AT = "2024-10-17T12:31:00.000Z"
ODD = [
    None, "", "abc", "NaN", "-1", "-0", "-0.0", "-1e-30", "1e5", "1E5", "1.5", "1" * 21, "1" * 20,
    "9" * 20 + ".9999999999999999995", "0.1234567890123456785", "0.12345678901234567851",
    "0.1234567890123456775", "-0." + "0" * 25 + "1", "00012.5", " 1", "1 ", "+1", ".5", "5.",
    "0x1F", "1,000", "\u0661\u0662", "9223372036854775807", "9223372036854775808", 5, -5, 0, 1.5,
    1e300, True, False, {"a": "b"}, {"a": 1}, {"a": ["b", {"c": "d"}]}, ["x"], "x" * 300,
    "x" * 70_000, "\u0000", "é", "\u2028", "\ud800", "{a", "[a", "a\tb\\N\nc\r\\.", "true", "page",
    1729168200000, "1729168200000", 99_999_999_999_999, "99999999999999", "soon", 1729168200000.0,
    "0", "0000", "12345678901234567890123", 10**30,
]  # fmt: skip
ODD_HEADERS = [None, "", "x", "2024-10-17", "2024-02-30T00:00:00.000Z", "2024-10-17T12:30:59.999Z",
               "2024-10-17 12:31:00", "a\x00b", "ä", "a\x1eb\x1fc"]  # fmt: skip


def rate():
    return {"id": "euro", "symbol": "EUR", "currencySymbol": "€", "type": "fiat", "rateUsd": "1.1"}


def exchange():
    return {
        "exchangeId": "binance", "name": "Binance", "rank": "1", "percentTotalVolume": "20.5",
        "volumeUsd": "1000000.5", "tradingPairs": "1000", "socket": True, "exchangeUrl": None,
        "updated": 1729168200000,
    }  # fmt: skip


def poll():
    return {
        "snapshotId": "s", "kind": "page", "endpoint": "markets", "page": "1", "attempt": "1",
        "polledAt": 1729168200000, "status": "200", "latencyMs": "12.5", "bytes": "100",
        "rows": "10", "accepted": "10", "deadLettered": "0", "duplicates": "0",
        "driftFields": "0", "credits": "3", "apiVersion": "v3", "error": None,
    }  # fmt: skip


def letter():
    return {
        "deadLetterId": "d", "source": "function", "sourceTopic": "coincap.markets",
        "endpoint": "markets", "polledAt": 1729168200000, "reason": "negative",
        "raw": "{}", "rawBytes": "2", "rawSha256": "0" * 64,
    }  # fmt: skip


KINDS = {
    "assets": (lambda: asset() | {"tokens": {"1": ["0xab"]}}, "id"),
    "rates": (rate, "id"),
    "exchanges": (exchange, "exchangeId"),
    "markets": (market, "baseId"),
    "polls": (poll, "snapshotId"),
    "dead-letter": (letter, "deadLetterId"),
}


def odd_messages(count, seed):
    """Rows with one to three odd values, absent fields, odd headers; each with its own key."""
    rng = random.Random(seed)
    for number in range(count):
        endpoint = rng.choices(list(KINDS), [3, 1, 2, 4, 1, 1])[0]
        make, key = KINDS[endpoint]
        row = make()
        row[key] = f"{endpoint}-{number // 2}"
        for name in rng.sample(list(row), rng.choice([0, 1, 1, 2, 3])):
            row[name] = rng.choice(ODD)
        if rng.random() < 0.1:
            row.pop(rng.choice(list(row)))
        if rng.random() < 0.1:
            row["new"] = rng.choice(ODD)
        # Half of them as compact as the functions write, which is the form that is read at a look.
        separators = rng.choice([(",", ":"), None])
        text = json.dumps(row, separators=separators, ensure_ascii=rng.random() < 0.5)
        made = message(endpoint, {}, AT, f"s{number % 3}", text.encode(errors="surrogatepass"))
        made["key"] = f"key-{number // 2}"
        if rng.random() < 0.15:
            name = rng.choice(list(made["headers"]))
            value = rng.choice(ODD_HEADERS)
            made["headers"] = {k: v for k, v in made["headers"].items() if k != name}
            made["headers"] |= {} if value is None else {name: value}
        yield made


def is_plain(placed):
    headers = plain.header_text([(k, v.encode()) for k, v in placed["headers"].items()])
    lines = PlainLines()
    place = (placed["topic"], placed["partition"], placed["offset"])
    lines.add(*place, placed["key"].encode(), placed["value"], headers)
    return not lines.doubtful


def test_a_row_as_it_is_published_is_read_at_a_look():
    for make, kind in ((market, "market"), (rate, "rate"), (poll, "poll"), (asset, "asset")):
        row = make() | ({"currencySymbol": "E"} if make is rate else {})
        text, known = json.dumps(row, separators=(",", ":")), dict.fromkeys(plain.HEADERS, AT)
        at_a_look = plain_fields.usual(kind, text, 10**13)
        assert at_a_look is not None, kind
        assert plain_fields.usual(kind, json.dumps(row), 10**13) is None
        assert at_a_look == plain.columns(record_type(kind), json.dumps(row), known)
    assert plain_fields.usual("market", json.dumps(market(), separators=(",", ":")), 0) is None


def doubt_everything(lines, topic, partition, offset, *_):
    lines.doubtful.append((topic, partition, offset))


def ends_in(spark, dsn, placed):
    driver = Driver(spark, dsn)
    driver.process(placed, 0)
    driver.close()
    return tables(dsn, volatile={"recorded_at"})


def test_plain_messages_end_as_spark_ends_them(spark, make_database, monkeypatch):
    every = in_partitions(list(odd_messages(2000, seed=1)))
    judged = [placed for placed in every if is_plain(placed)]
    assert len(every) / 3 < len(judged) < len(every)
    content = {"driver": ends_in(spark, make_database("by_driver"), judged)}
    with monkeypatch.context() as patch:
        patch.setattr(decoding, "SMALL_BATCH", 0)
        patch.setattr(decoding, "TAKE", 100)
        content["executors"] = ends_in(spark, make_database("by_executors"), judged)
    monkeypatch.setattr(PlainLines, "add", doubt_everything)
    reference = ends_in(spark, make_database("by_plan"), judged)
    for way, found in content.items():
        for table, rows in reference.items():
            for mine, other in zip(found[table], rows, strict=True):
                assert mine == other, (way, table)
    reasons = {row["reason"] for row in reference["dead_letters"]}
    assert {"negative", "not_a_number", "field_missing", "too_long", "time_in_future"} <= reasons
    assert all(reference[t] for t in ("assets", "rates", "exchanges", "markets", "polls"))


def test_only_what_is_in_doubt_goes_through_the_plan(spark, postgres, make_database, monkeypatch):
    asked = []
    decode = planned.decode
    monkeypatch.setattr(
        planned, "decode", lambda *args: asked.append(args[0].count()) or decode(*args)
    )
    usual = in_partitions([message("markets", market(), AT)])
    ends_in(spark, postgres.dsn, usual)
    assert not asked
    odd = json.dumps(market("kraken") | {"rank": 1.5}).encode()
    sent = in_partitions([message("markets", market(), AT), message("markets", None, AT, text=odd)])
    for way, limit in (("driver", decoding.SMALL_BATCH), ("executors", 0)):
        monkeypatch.setattr(decoding, "SMALL_BATCH", limit)
        content = ends_in(spark, make_database(f"doubt_{way}"), sent)
        assert asked.pop() == 1
        assert len(content["markets"]) == 1
        (letter,) = content["dead_letters"]
        assert (letter["reason"], letter["field"]) == ("not_a_number", "rank")
