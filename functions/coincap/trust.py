"""Which market samples may price an asset: a pure function of the row and the seed lists.

Pure, so that no order of arrival can change an asset's candle.
"""

import csv
import io
import json
from decimal import Decimal
from functools import cache
from importlib import resources

REASONS = ("no_price", "unknown_quote", "official_fx", "stale", "thin")
"""Why a sample is left out, in the order in which the reasons are tried."""


def _read(name: str) -> str:
    return (resources.files(__package__) / "seeds" / name).read_text("utf-8")


@cache
def seed(name: str) -> list[dict[str, str]]:
    """Return the rows of one seed list: quotes, stablecoins or exchange_fees."""
    return list(csv.DictReader(io.StringIO(_read(f"{name}.csv"))))


@cache
def limits() -> dict:
    """Return version, ``max_staleness_s`` (seconds) and ``min_volume_usd`` of trust.json."""
    return json.loads(_read("trust.json"))


@cache
def _quotes() -> dict[str, bool]:
    return {row["quote_id"]: row["official_fx"] == "true" for row in seed("quotes")}


def distrust(
    price_usd: str | None,
    quote_id: str,
    volume_usd_24hr: Decimal | None,
    updated_ms: int | None,
    polled_at_ms: int,
) -> str | None:
    """Return why a market row may not price an asset, or None: ``distrust_sql`` in Python.

    Times are ms since 1970 UTC, the volume is in USD.
    """
    if price_usd is None:
        return "no_price"
    official = _quotes().get(quote_id)
    if official is None:
        return "unknown_quote"
    if official:
        return "official_fx"
    if updated_ms is None or updated_ms < polled_at_ms - 1000 * limits()["max_staleness_s"]:
        return "stale"
    thin = volume_usd_24hr is None or volume_usd_24hr < limits()["min_volume_usd"]
    return "thin" if thin else None


def distrust_sql() -> str:
    """Return the SQL expression of a market row's distrust: a reason, or null if trustworthy.

    It reads ``price_usd, quote_id, volume_usd_24hr, updated, polled_at`` and is valid in
    Spark, PostgreSQL and BigQuery alike.
    """
    known = ", ".join(f"'{row['quote_id']}'" for row in seed("quotes"))
    official = ", ".join(
        f"'{row['quote_id']}'" for row in seed("quotes") if row["official_fx"] == "true"
    )
    staleness, volume = limits()["max_staleness_s"], limits()["min_volume_usd"]
    return (
        "case when price_usd is null then 'no_price' "
        f"when quote_id not in ({known}) then 'unknown_quote' "
        f"when quote_id in ({official}) then 'official_fx' "
        f"when updated is null or updated < polled_at - interval '{staleness}' second "
        "then 'stale' "
        f"when volume_usd_24hr is null or volume_usd_24hr < {volume} then 'thin' end"
    )
