"""Arguments that several drivers take."""

import argparse
from datetime import UTC, datetime


def instant(text: str) -> datetime:
    """Return an ISO 8601 text as an aware UTC time; a text without offset is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time; write it like 2024-10-17T12:00:00Z"
        ) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
