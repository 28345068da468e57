"""Puts rows into a table of schema market, by COPY, with exact decimals."""

import hashlib
import uuid
from collections.abc import Iterable
from decimal import Decimal

import psycopg


def put(db: psycopg.Connection, table: str, columns: str, rows: Iterable[tuple]) -> None:
    with db.cursor().copy(f"copy market.{table} ({columns}) from stdin") as copy:
        for row in rows:
            copy.write_row(row)


def exact(value: float) -> Decimal:
    return Decimal(f"{value:.18f}")


def md5(*key: object) -> uuid.UUID:
    return uuid.UUID(hashlib.md5("|".join(map(str, key)).encode()).hexdigest())
