"""The checker of ``peers`` sees what is lost, doubled or inexact; the backlog has its faults."""

import sys
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from peers_backlog import Tables, expected, order
from peers_tables import compare

MESSAGES, MARKETS = 600, 20
WANTED = expected(MESSAGES, MARKETS)


def with_candle(**changes) -> Tables:
    names = ("open", "high", "low", "close", "vwap", "samples")
    key = min(WANTED.candles)
    values = dict(zip(names, WANTED.candles[key], strict=True)) | changes
    return replace(WANTED, candles={**WANTED.candles, key: tuple(values.values())})


def test_the_backlog_repeats_and_delays_messages_and_drops_none():
    numbers = order(MESSAGES, MARKETS)
    counts = Counter(numbers)
    assert set(counts) == set(range(MESSAGES))
    assert max(counts.values()) == 2
    assert numbers != sorted(numbers)


def test_a_trade_seen_twice_is_one_sample_at_its_first_price():
    samples = sum(candle[5] for candle in WANTED.candles.values())
    assert len(WANTED.latest) == MARKETS
    assert samples < MESSAGES / 2
    assert all(candle[2] <= candle[0] <= candle[1] for candle in WANTED.candles.values())


def test_the_same_tables_do_not_differ():
    assert compare(WANTED, WANTED).text().startswith("latest rows that differ 0, candles")
    assert compare(WANTED, WANTED).candles == 0


@pytest.mark.parametrize(("samples", "lost", "doubled"), [(-1, 1, 0), (2, 0, 2)])
def test_a_sample_too_few_or_too_many_is_counted(samples, lost, doubled):
    right = WANTED.candles[min(WANTED.candles)][5]
    found = compare(with_candle(samples=right + samples), WANTED)
    assert (found.lost, found.doubled) == (lost, doubled)


def test_a_candle_that_is_missing_loses_its_samples():
    key = min(WANTED.candles)
    rest = {k: v for k, v in WANTED.candles.items() if k != key}
    assert compare(replace(WANTED, candles=rest), WANTED).lost == WANTED.candles[key][5]


def test_a_digit_is_seen():
    vwap = WANTED.candles[min(WANTED.candles)][4]
    found = compare(with_candle(vwap=vwap + Decimal("1e-18")), WANTED)
    assert (found.vwaps, found.prices, found.lost) == (1, 0, 0)
    assert 0 < found.worst_vwap < 1e-15


def test_a_latest_row_that_is_old_is_counted():
    key = min(WANTED.latest)
    polled, snapshot, price = WANTED.latest[key]
    old = replace(WANTED, latest={**WANTED.latest, key: (polled - 1, snapshot, price)})
    assert compare(old, WANTED).latest_rows == 1
