"""The checker checked: it agrees with the job, sees each kind of damage and each broken sink."""

import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hooks
import psycopg
import pytest
from harness import TOPIC_IDS, Driver, asset, ends, in_partitions, market, message
from hooks import STRICT
from pyspark.sql import functions as F

from chaos.check.accounts import check_accounts
from chaos.check.log import EXPECT, LATER, Message
from chaos.check.offline import work_out
from chaos.check.serving import check_serving
from chaos.check.values import Trust
from coincap_jobs import kafka_source, plain
from coincap_jobs.database import connect
from coincap_jobs.redelivery import open_letters, redeliver

START_MS = 1729168200000


def load(seed: int = 5) -> list[dict]:
    """Polls of a few markets and assets: repeats, old trades, very old ones, refused ones."""
    rng, made = random.Random(seed), []
    for minute in range(4):
        at = f"2024-10-17T12:{30 + minute}:50.000Z"
        for name in ("bitcoin", "ethereum"):
            made.append(message("assets", asset(name, f"{100 + rng.random():.20f}"), at))
            for exchange in ("binance", "kraken", "gdax"):
                traded = START_MS + (minute - (rng.random() < 0.4)) * 60_000 + rng.randrange(9000)
                traded -= 90_000_000 * (rng.random() < 0.1)
                row = market(exchange, name, price=f"{rng.random():.22f}", updated=traded)
                made.append(message("markets", row, at))
        refused = message("markets", market(price="NaN"), at, snapshot=f"bad-{minute}")
        refused["headers"][EXPECT] = "not_a_number|priceQuote"
        made.append(refused)
    again = rng.choices(made, k=15)
    return made + again + [refused_and_replayed()] + letter_and_replay()


def refused_and_replayed() -> dict:
    """A row that the stream refuses first and accepts when its letter is judged again."""
    row = {**market("bitstamp", updated=START_MS), STRICT: True}
    later = message("markets", row, "2024-10-17T12:31:00.000Z", snapshot="later")
    later["headers"] |= {EXPECT: "wrong_type|rank", LATER: "true"}
    return later


def letter_and_replay() -> list[dict]:
    """A letter of the functions, one that stays, and the row of the first, published again."""
    at, letters = "2024-10-17T12:30:50.000Z", []
    for name in ("replayed", "stays"):
        letter = {
            "deadLetterId": name, "source": "function", "sourceTopic": "coincap.markets",
            "endpoint": "markets", "snapshotId": "letters", "polledAt": START_MS + 60_000,
            "apiVersion": "v3", "reason": "wrong_type", "field": "rank", "key": None, "raw": "{}",
            "rawBytes": "2", "rawSha256": "0" * 64, "rawLocation": None,
            "sourcePartition": None, "sourceOffset": None,
        }  # fmt: skip
        letters.append(message("dead-letter", letter, at, snapshot="letters"))
    row = message("markets", market("poloniex", updated=START_MS), at, snapshot="letters")
    row["headers"]["dead_letter_id"] = "replayed"
    return [*letters, row]


def as_read(placed: list[dict]) -> list[Message]:
    fields = ("topic", "partition", "offset", "key", "value", "headers")
    return [Message(*(m[name] for name in fields)) for m in placed]


def judge(dsn: str, placed: list[dict]) -> tuple[int, int, int]:
    """(lost, duplicated, wrong) of the tables against the messages."""
    expected, trust = work_out(as_read(placed), Trust()), Trust()
    with psycopg.connect(dsn, options="-c timezone=UTC") as db:
        serving = check_serving(db, expected, trust)
        mine = "select dead_letter_id from market.dead_letters where source = 'stream'"
        ids = db.execute(mine).fetchall()
        outbox = [Message("outbox", 0, n, key, b"", {}) for n, (key,) in enumerate(ids)]
        accounts = check_accounts(db, as_read(placed), outbox, expected)
    print(*serving.named, *accounts.named, sep="\n")
    return tuple(
        getattr(serving, kind) + getattr(accounts, kind) for kind in ("lost", "duplicated", "wrong")
    )


def serve(spark, dsn: str, placed: list[dict], strict: Path) -> None:
    """Two batches; then the second once more, as after a driver that died before its checkpoint.

    In the end the letters of the stream are judged again, with the usual strictness.
    """
    middle = len(placed) // 2
    strict.touch()
    driver = Driver(spark, dsn)
    driver.process(placed[:middle], 0, ends(placed[:middle]))
    driver.process(placed[middle:], 1, ends(placed))
    driver.process(placed[middle:], 2, ends(placed))
    driver.close()
    strict.unlink()
    with connect(dsn, "test") as connection:
        letters = open_letters(connection, "", datetime(2024, 1, 1, tzinfo=UTC), "wrong_type")
        later = [m for m in placed if LATER in m["headers"]]
        sent = kafka_source.messages(driver.frame(later), TOPIC_IDS)
        identity = F.create_map(F.lit("dead_letter_id"), F.lit(letters[0].dead_letter_id))
        found = sent.withColumn("headers", F.map_concat("headers", identity))
        assert redeliver(connection, found, letters, timedelta(hours=24)) == len(later) == 1


@pytest.fixture(scope="module")
def placed():
    return in_partitions(load())


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    """The file whose presence makes the job refuse what has the word STRICT."""
    file, usual = tmp_path_factory.mktemp("chaos") / "hook.strict", plain.columns
    hooks.strict(file)
    yield file
    plain.columns = usual


@pytest.fixture(scope="module")
def served(spark, make_database, placed, strict):
    dsn = make_database("chaos_served")
    serve(spark, dsn, placed, strict)
    return dsn


def test_the_checker_agrees_with_the_job(served, placed):
    expected = work_out(as_read(placed), Trust())
    assert len(expected.market_samples) > 10
    assert any(sample.late for sample in expected.market_samples.values())
    assert len(expected.refused) == 5
    assert len(expected.replayed) == 2
    assert judge(served, placed) == (0, 0, 0)


ONE = "where ctid = (select min(ctid) from market.{0})"
DAMAGE = {
    "a latest row is gone": f"delete from market.markets {ONE.format('markets')}",
    "a latest row has another digit":
        f"update market.markets set price_usd = price_usd + 1e-18 {ONE.format('markets')}",
    "a latest row is of an older poll":
        f"update market.assets set polled_at = polled_at - interval '1 min' {ONE.format('assets')}",
    "a row that nobody sent": "insert into market.rates (id, polled_at, snapshot_id, value_md5) "
        "values ('x', now(), 'x', md5('x')::uuid)",
    "a sample is gone": "delete from market.market_ticks where (base_id, sampled_at) = "
        "(select base_id, max(sampled_at) from market.market_ticks group by 1 order by 1 limit 1)",
    "a sample has the price of a later poll": "update market.asset_ticks set price = price + 1",
    "a candle's high is too low": "update market.asset_candles_1m set high = high - 1e-18",
    "a candle's vwap is off by a digit": "update market.market_candles_1m set vwap = vwap + 1e-18",
    "a candle counts a sample twice": "update market.market_candles_1m set samples = samples + 1",
    "a minute was not queued": "delete from market.candle_rebuilds",
    "a dead letter is gone": f"delete from market.dead_letters {ONE.format('dead_letters')}",
    "a dead letter has another reason": "update market.dead_letters set reason = 'negative'",
    "a replayed letter is open": "update market.dead_letters set status = 'open' "
        "where dead_letter_id = 'replayed'",
    "a redelivered letter is open": "update market.dead_letters set status = 'open' "
        "where source = 'stream' and status = 'replayed'",
    "a letter is marked that nobody replayed": "update market.dead_letters "
        "set status = 'replayed' where dead_letter_id = 'stays'",
    "a redelivered row is gone": "delete from market.markets where exchange_id = 'bitstamp'",
    "the ledger is behind": "update market.stream_offsets set next_offset = next_offset - 1",
    "a batch was counted twice": "update market.stream_progress set messages = messages * 2",
    "a refused message is served": "update market.markets set value_md5 = "
        "(select md5(raw)::uuid from market.dead_letters "
        "where source = 'stream' and status = 'open' limit 1)",
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_each_kind_of_damage_is_seen(served, placed, make_database, damage):
    dsn = make_copy(served, "chaos_damaged")
    with psycopg.connect(dsn) as db:
        assert db.execute(DAMAGE[damage]).rowcount >= 1
    assert any(judge(dsn, placed))


def make_copy(dsn: str, name: str) -> str:
    """Copy a database under another name; returns its DSN."""
    with psycopg.connect(
        dsn.replace("dbname=chaos_served", "dbname=postgres"), autocommit=True
    ) as db:
        db.execute(f'drop database if exists "{name}" with (force)')
        db.execute(f'create database "{name}" template chaos_served')
    return dsn.replace("dbname=chaos_served", f"dbname={name}")


def in_place(monkeypatch) -> list[tuple]:
    """Let the hooks put things in the job's place for one test; return what they replace."""
    replaced = []

    def replace(module, name, value):
        monkeypatch.setattr(module, name, value)  # raises where there is no such name
        replaced.append((module.__name__, name))

    monkeypatch.setattr(hooks, "replace", replace)
    return replaced


@pytest.mark.parametrize("name", hooks.BROKEN)
def test_a_broken_sink_replaces_what_the_job_calls(name, monkeypatch):
    replaced = in_place(monkeypatch)
    hooks.BROKEN[name]()
    files = {file.stem: file.read_text() for file in Path(plain.__file__).parent.glob("*.py")}
    for module, attribute in replaced:
        own = module.rpartition(".")[2]
        by_others = any(f"{own}.{attribute}(" in text for text in files.values())
        by_itself = re.search(rf"(?<![\w.]){attribute}\(", files[own])
        assert by_others or by_itself, f"nobody calls {own}.{attribute}"
    assert replaced


@pytest.mark.parametrize("name", ["ledger_skipped", "staging_kept", "row_dropped"])
def test_a_broken_sink_is_caught(spark, make_database, placed, strict, name, monkeypatch):
    in_place(monkeypatch)
    hooks.BROKEN[name]()
    dsn = make_database(f"chaos_{name}")
    serve(spark, dsn, placed, strict)
    assert any(judge(dsn, placed))
