"""A serving database filled with a small, deterministic market, for tests of everything drawn."""

import random
from datetime import UTC, datetime

import filled_candles
import filled_latest
import filled_operations
import psycopg


def fill(dsn: str, minutes: int = 90, end: datetime | None = None) -> datetime:
    """Fill the migrated database; candles cover ``minutes`` up to ``end`` (default: now)."""
    end = (end or datetime.now(UTC)).replace(second=0, microsecond=0)
    rng = random.Random(20241017)
    with psycopg.connect(dsn) as db:
        filled_latest.assets(db, end, rng)
        filled_latest.rates(db, end)
        filled_latest.exchanges(db, end)
        filled_latest.markets(db, end, rng)
        filled_candles.candles(db, end, minutes, rng)
        filled_candles.spreads(db, end, rng)
        filled_operations.polls(db, end, minutes, rng)
        filled_operations.dead_letters(db, end)
        filled_operations.alerts(db, end)
        filled_operations.stream(db, end, minutes)
    return end
