"""The serve query ends in the same tables whatever the order, the cut and the repetitions."""

import itertools
import random
from decimal import Decimal

import pytest
from harness import Driver, asset, ends, in_partitions, market, message, tables

from coincap_jobs import decoding, ledger
from coincap_jobs.errors import JobError

MINUTE = 60_000
START = 1729168200000


def clock(minute):
    return f"2024-10-17T12:{30 + minute:02d}:50.000Z"


def small_market(seed=3):
    """A few polls of a few markets, with repeats of old trades, bad rows and stale ones."""
    rng = random.Random(seed)
    messages = []
    for minute in range(4):
        at = clock(minute)
        for name in ("bitcoin", "ethereum"):
            messages.append(message("assets", asset(name, f"{100 + rng.random():.18f}"), at))
            for exchange in ("binance", "kraken", "gdax"):
                # Two of three polls see a new trade, the third repeats the old one with a new
                # price, because CoinCap recomputes USD at each answer.
                traded = START + (minute - (rng.random() < 0.4)) * MINUTE + rng.randrange(9000)
                row = market(exchange, name, price=f"{100 + rng.random():.18f}", updated=traded)
                messages.append(message("markets", row, at))
        messages.append(message("markets", market(price="NaN"), at, snapshot=f"bad-{minute}"))
    repeated = [
        message("markets", market("binance", "bitcoin", updated=START, price=f"{50 + n}.1"), at)
        for n, at in enumerate([clock(0), clock(1), clock(2)])
    ]
    # An earlier poll of that trade without a price is no sample, whatever batch it comes in.
    row = market("binance", "bitcoin", updated=START) | {"priceUsd": None}
    return [*messages, *repeated, message("markets", row, clock(0), snapshot="0")]


@pytest.fixture
def drive(spark, postgres):
    """Run a message list cut at the given fractions; return the tables."""
    opened = []

    def run(messages, cuts=(), dsn=postgres.dsn):
        driver = Driver(spark, dsn)
        opened.append(driver)
        placed = in_partitions(messages)
        bounds = [0, *(int(c * len(placed)) for c in cuts), len(placed)]
        for number, (a, b) in enumerate(itertools.pairwise(bounds)):
            driver.process(placed[a:b], number, ends(placed[:b]))
        driver.close()
        return tables(dsn)

    yield run
    for driver in opened:
        driver.close()


@pytest.fixture
def databases(make_database):
    count = iter(range(100))
    return lambda: make_database(f"variant_{next(count)}")


def test_order_cuts_and_duplicates_do_not_matter(drive, databases):
    messages = small_market()
    rng = random.Random(11)
    reference = drive(messages, dsn=databases())
    assert len(reference["markets"]) == 6
    assert len(reference["dead_letters"]) == 4
    assert reference["asset_candles_1m"]
    shuffled = rng.sample(messages, len(messages))
    doubled = messages + rng.choices(messages, k=20)
    for variant, cuts in (
        (shuffled, ()),
        (list(reversed(messages)), (0.3, 0.7)),
        (rng.sample(doubled, len(doubled)), (0.5,)),
    ):
        assert drive(variant, cuts, databases()) == reference


def test_a_batch_done_twice_changes_nothing(spark, postgres):
    placed = in_partitions(small_market())
    driver = Driver(spark, postgres.dsn)
    driver.process(placed, 0)
    before = tables(postgres.dsn)
    driver.process(placed, 0)
    driver.process(placed, 1)
    driver.close()
    assert tables(postgres.dsn) == before


def test_a_batch_planned_anew_with_another_range_is_exact(spark, postgres, databases, drive):
    messages = small_market()
    reference = drive(messages, dsn=databases())
    placed = in_partitions(messages)
    driver = Driver(spark, postgres.dsn)
    driver.process(placed[:20], 0)
    # A new checkpoint numbers its batches from 0 again and plans a longer first batch.
    driver.process(placed, 0)
    driver.close()
    assert tables(postgres.dsn) == reference


def test_the_executors_copy_what_the_driver_copies(drive, databases, monkeypatch):
    messages = small_market()
    reference = drive(messages, dsn=databases())
    monkeypatch.setattr(decoding, "SMALL_BATCH", 0)
    dsn = databases()
    assert drive(messages, (0.5,), dsn) == reference
    from coincap_jobs.database import connect

    with connect(dsn, "test") as connection:
        left = connection.execute(
            "select count(*) from pg_tables where schemaname = 'staging' and tablename ~ '^b[0-9]'"
        ).fetchone()
    assert left == (0,)


def test_a_repeated_trade_keeps_the_price_of_its_first_poll(drive):
    rows = [
        message("markets", market(price=price), at)
        for price, at in [("3.3", clock(2)), ("1.1", clock(0)), ("2.2", clock(1))]
    ]
    content = drive(rows)
    assert [r["price"] for r in content["market_ticks"]] == [Decimal("1.1")]
    assert content["markets"][0]["price_usd"] == Decimal("3.3")
    assert content["market_candles_1m"][0]["samples"] == 1


def test_the_digits_of_the_capture_arrive(drive):
    content = drive([message("markets", market(price="0.044483000000000000"))])
    assert str(content["markets"][0]["price_usd"]) == "0.044483000000000000"


def test_the_vwap_counts_trustworthy_markets_only(drive):
    rows = [
        message("assets", asset("bitcoin", "100")),
        message("markets", market("binance", price="100", volume="10000")),
        message("markets", market("kraken", price="103", volume="20000")),
        message("markets", market("thin", price="900", volume="5")),
        message("markets", market("official", quote="ukrainian-hryvnia", price="200")),
    ]
    stamped = [{**m, "headers": {**m["headers"], "envelope_at": "2024-10-17T12:30:30.000Z"}}
               for m in rows]  # fmt: skip
    candle = drive(stamped)["asset_candles_1m"][0]
    assert candle["vwap"] == Decimal("102")
    assert candle["market_samples"] == 2


def test_a_sample_older_than_the_window_queues_its_minute(spark, postgres):
    from coincap_jobs.database import connect

    driver = Driver(spark, postgres.dsn, window_h=1)
    old = market("kraken", updated=START - 3 * 3_600_000)
    first = [message("markets", market(), clock(1)), message("markets", old, clock(1))]
    again = [message("markets", old, clock(2))]
    placed = in_partitions(first + again)
    driver.process(placed[:2], 0, ends(placed[:2]))
    with connect(postgres.dsn, "test") as c:
        c.execute("update market.candle_rebuilds set done_at = now()")
    driver.process(placed[2:], 1, ends(placed))
    driver.close()
    with connect(postgres.dsn, "test") as c:
        queued = c.execute("select exchange_id, done_at is null from market.candle_rebuilds")
        # Once, and not again for a poll that repeats the trade we already know.
        assert queued.fetchall() == [("kraken", False)]
    content = tables(postgres.dsn)
    assert len(content["markets"]) == 2
    assert len(content["market_ticks"]) == 1


def test_a_second_driver_is_kept_out(spark, postgres):
    from coincap_jobs.database import connect

    driver = Driver(spark, postgres.dsn)
    with (
        connect(postgres.dsn, "second") as second,
        pytest.raises(JobError, match="holds the lock"),
    ):
        ledger.take_over(second)
    driver.close()


def test_a_driver_whose_epoch_is_over_merges_nothing(spark, postgres):
    from coincap_jobs.database import connect

    driver = Driver(spark, postgres.dsn)
    with connect(postgres.dsn, "other") as other:
        other.execute("update market.stream_owner set epoch = epoch + 1")
    with pytest.raises(ledger.Fenced, match="epoch"):
        driver.process(in_partitions(small_market()), 0)
    driver.close()
    assert not any(tables(postgres.dsn).values())
