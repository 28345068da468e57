"""Times as the pipeline writes them: UTC, milliseconds, ISO 8601 with a Z."""

import time
from datetime import UTC, datetime


def now_ms() -> int:
    """Return the wall clock in ms since 1970-01-01 UTC."""
    return time.time_ns() // 1_000_000


def iso(ms: int) -> str:
    """Return ms since 1970 as ``2024-10-17T12:40:59.000Z``."""
    moment = datetime.fromtimestamp(ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"


def parse(text: str) -> int:
    """Return an ISO 8601 text as ms since 1970; raises ValueError without a time zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"time without a zone: {text!r}; write it as 2024-10-17T12:40:00Z")
    return round(moment.timestamp() * 1000)


def month(ms: int) -> str:
    """Return the UTC calendar month, CoinCap's billing period: ``2024-10``."""
    return iso(ms)[:7]
