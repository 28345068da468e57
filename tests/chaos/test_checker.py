"""The checker checked: it agrees with the job, sees each kind of damage and each broken sink."""

import random

import psycopg
import pytest
from harness import Driver, asset, ends, in_partitions, market, message

from chaos.check.accounts import check_accounts
from chaos.check.log import EXPECT, Message
from chaos.check.offline import work_out
from chaos.check.serving import check_serving
from chaos.check.values import Trust

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
    return made + rng.choices(made, k=15)


def as_read(placed: list[dict]) -> list[Message]:
    fields = ("topic", "partition", "offset", "key", "value", "headers")
    return [Message(*(m[name] for name in fields)) for m in placed]


def judge(dsn: str, placed: list[dict]) -> tuple[int, int, int]:
    """(lost, duplicated, wrong) of the tables against the messages."""
    expected, trust = work_out(as_read(placed), Trust()), Trust()
    with psycopg.connect(dsn, options="-c timezone=UTC") as db:
        serving = check_serving(db, expected, trust)
        ids = db.execute("select dead_letter_id from market.dead_letters").fetchall()
        outbox = [Message("outbox", 0, n, key, b"", {}) for n, (key,) in enumerate(ids)]
        accounts = check_accounts(db, as_read(placed), outbox, expected)
    print(*serving.named, *accounts.named, sep="\n")
    return tuple(
        getattr(serving, kind) + getattr(accounts, kind) for kind in ("lost", "duplicated", "wrong")
    )


def serve(spark, dsn: str, placed: list[dict]) -> None:
    """Two batches; then the second once more, as after a driver that died before its checkpoint."""
    middle = len(placed) // 2
    driver = Driver(spark, dsn)
    driver.process(placed[:middle], 0, ends(placed[:middle]))
    driver.process(placed[middle:], 1, ends(placed))
    driver.process(placed[middle:], 2, ends(placed))
    driver.close()


@pytest.fixture(scope="module")
def placed():
    return in_partitions(load())


@pytest.fixture(scope="module")
def served(spark, make_database, placed):
    dsn = make_database("chaos_served")
    serve(spark, dsn, placed)
    return dsn


def test_the_checker_agrees_with_the_job(served, placed):
    expected = work_out(as_read(placed), Trust())
    assert len(expected.market_samples) > 10
    assert any(sample.late for sample in expected.market_samples.values())
    assert len(expected.refused) == 4
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
    "the ledger is behind": "update market.stream_offsets set next_offset = next_offset - 1",
    "a batch was counted twice": "update market.stream_progress set messages = messages * 2",
    "a refused message is served": "update market.markets set value_md5 = "
        "(select md5(raw)::uuid from market.dead_letters limit 1)",
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


@pytest.mark.parametrize("name", ["ledger_skipped", "staging_kept", "row_dropped"])
def test_a_broken_sink_is_caught(spark, make_database, placed, name, monkeypatch):
    import hooks

    from coincap_jobs import ledger, staging

    # Set once, so that what the broken sink replaces is put back after the test.
    for module, attribute in ((ledger, "read"), (ledger, "advance"), (staging, "temporary_tables")):
        monkeypatch.setattr(module, attribute, getattr(module, attribute))
    hooks.BROKEN[name]()
    dsn = make_database(f"chaos_{name}")
    serve(spark, dsn, placed)
    assert any(judge(dsn, placed))
