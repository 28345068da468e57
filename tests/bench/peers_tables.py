"""The tables of ``peers``: made for each package, read back, compared with what must be there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import psycopg
from peers_backlog import Tables

_KEY = "exchange_id text, base_id text, quote_id text"
_WORDS = "rank {whole}, base_symbol text, quote_symbol text"
_MONEY = ["price_quote", "price_usd", "volume_usd_24hr", "percent_exchange_volume"]


def create(dsn: str, decimals: bool) -> None:
    """Make the tables of a package: with decimals and times, or with text, doubles and ms.

    The columns are those of ``market.markets`` and ``market.market_candles_1m`` that say
    something about the market; checks, trust, hashes and the ledger are ours alone.
    """
    number, whole = ("numeric(38, 18)", "bigint") if decimals else ("text", "text")
    time, polled, minute = (
        ("timestamptz", "timestamptz", "minute_start timestamptz")
        if decimals
        else ("bigint", "text", "minute_ms bigint")
    )
    vwap = number if decimals else "double precision"
    money = ", ".join(f"{name} {number}" for name in _MONEY)
    prices = ", ".join(f"{name} {number}" for name in ("open", "high", "low", "close"))
    key = "exchange_id, base_id, quote_id"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("create schema peer")
        connection.execute(
            f"create table peer.markets ({_KEY}, {_WORDS.format(whole=whole)}, {money}, "
            f"trades_count_24hr {whole}, updated {time}, polled_at {polled}, snapshot_id text, "
            f"primary key ({key}))"
        )
        connection.execute(
            f"create table peer.candles ({_KEY}, {minute}, {prices}, vwap {vwap}, "
            f"samples bigint, primary key ({key}, {minute.split()[0]}))"
        )


OURS = ("market.markets", "market.market_candles_1m")
PEERS = ("peer.markets", "peer.candles")


def read(dsn: str, tables: tuple[str, str]) -> Tables:
    """Return what a database holds, in exact numbers and ms."""
    markets, candles = tables
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            "select exchange_id, base_id, quote_id, polled_at, snapshot_id, price_usd "
            f"from {markets}"
        )
        latest = {row[:3]: (_ms(row[3]), row[4], _exact(row[5])) for row in found}
        found = connection.execute(
            f"select exchange_id, base_id, quote_id, {_minute(connection, candles)}, "
            f"open, high, low, close, vwap, samples from {candles}"
        )
        made = {(*row[:3], _ms(row[3])): (*[_exact(v) for v in row[4:9]], row[9]) for row in found}
    return Tables(latest, made)


def _minute(connection: psycopg.Connection, table: str) -> str:
    text = "select attname from pg_attribute where attrelid = %s::regclass and attname ~ '^minute'"
    return connection.execute(text, [table]).fetchone()[0]


def _ms(value: datetime | str | int) -> int:
    if isinstance(value, int):
        return value
    value = datetime.fromisoformat(value) if isinstance(value, str) else value
    return round(value.timestamp() * 1000)


def _exact(value: Decimal | str | float) -> Decimal:
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


@dataclass
class Difference:
    """How tables differ from what must be there; counts of rows, ``lost`` of samples."""

    latest_rows: int = 0
    candles: int = 0
    prices: int = 0
    vwaps: int = 0
    worst_vwap: float = 0.0
    lost: int = 0
    doubled: int = 0

    def text(self) -> str:
        """Return the counts in words."""
        return (
            f"latest rows that differ {self.latest_rows}, candles that differ {self.candles} "
            f"(prices {self.prices}, vwap {self.vwaps}, by {self.worst_vwap:.0e} at most), "
            f"samples lost {self.lost}, doubled {self.doubled}"
        )


def compare(found: Tables, wanted: Tables) -> Difference:
    """Return how far the tables found are from those wanted."""
    made = Difference()
    made.latest_rows = sum(
        found.latest.get(key) != wanted.latest.get(key)
        for key in _keys(found.latest, wanted.latest)
    )
    for key in _keys(found.candles, wanted.candles):
        mine, right = found.candles.get(key), wanted.candles.get(key)
        if mine == right:
            continue
        made.candles += 1
        samples = (right[5] if right else 0) - (mine[5] if mine else 0)
        made.lost += max(0, samples)
        made.doubled += max(0, -samples)
        if mine and right:
            made.prices += mine[:4] != right[:4]
            made.vwaps += mine[4] != right[4]
            made.worst_vwap = max(made.worst_vwap, float(abs(mine[4] / right[4] - 1)))
    return made


def _keys(*found: dict) -> Iterable[tuple]:
    return set().union(*found)
