"""Rows of the lake's candles as PostgreSQL keeps them, and how they get there."""

from collections.abc import Iterable
from decimal import Decimal

from psycopg import sql

from coincap_batch.candles import PRODUCTS


def weighted_sums(row, prefix: str) -> tuple[Decimal, Decimal]:
    """Return sum(price × weight) in USD and sum(weight) of a candle of the lake.

    ``prefix`` is that of its columns: empty, or ``trusted_``. The lake keeps the first sum in two
    parts.
    """
    whole, fraction, weight = (Decimal(row[f"{prefix}{name}"] or 0) for name in PRODUCTS)
    return whole + fraction, weight


def listed(names: Iterable[str]) -> sql.Composed:
    """Return column names as SQL, separated by commas."""
    return sql.SQL(", ").join(map(sql.Identifier, names))


def upsert(
    table: str,
    key: tuple[str, ...],
    columns: tuple[str, ...],
    source: sql.Composable,
    condition: sql.Composable,
) -> sql.Composed:
    """Return the statement that puts rows into a table of ``market``, new ones or over old ones.

    ``source`` gives the rows in the order of ``columns``; an old row ``c`` is replaced where
    ``condition`` holds of it and the new one, ``excluded``.
    """
    updates = sql.SQL(", ").join(
        sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name))
        for name in columns
        if name not in key
    )
    return sql.SQL(
        "insert into market.{table} as c ({columns}) {source} "
        "on conflict ({key}) do update set {updates} where {condition}"
    ).format(
        table=sql.Identifier(table),
        columns=listed(columns),
        source=source,
        key=listed(key),
        updates=updates,
        condition=condition,
    )
