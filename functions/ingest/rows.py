"""A sweep's pages as checked rows: each once, refused ones as dead letters."""

from collections import Counter
from dataclasses import dataclass, field

from coincap.check import check_rows
from coincap.contract import RecordType
from ingest import pages
from ingest.envelope import row_texts
from ingest.source import Page
from ingest.tick import Tick
from ingest.wire import Provenance, dead_letter


@dataclass
class PageRows:
    """One page after the check: accepted (key, row), dead letters, counts, drift by field."""

    page: Page
    origin: Provenance
    received: int
    accepted: list[tuple[str, dict]]
    dead_letters: list[dict]
    duplicates: int
    drift: Counter


@dataclass
class Seen:
    """Identities that a sweep has already accepted: rows move between pages while paging.

    Not their message keys: an id may contain the ``|`` that joins those.
    """

    identities: set[tuple] = field(default_factory=set)

    def first(self, identity: tuple) -> bool:
        """Return whether an identity is new, and remember it."""
        size = len(self.identities)
        self.identities.add(identity)
        return len(self.identities) > size


def check_page(
    record: RecordType, tick: Tick, page: Page, api_version: str, seen: Seen
) -> PageRows:
    """Check one page; its envelope's rows are consumed.

    received = accepted + dead letters + duplicates.
    """
    rows = page.envelope.rows
    origin = Provenance(
        tick.endpoint,
        tick.snapshot_id,
        page.polled_at_ms,
        page.envelope.envelope_at_ms,
        api_version,
    )
    checked = check_rows(record, rows, page.polled_at_ms)
    accepted = []
    for _, row in checked.accepted:
        if seen.first(record.identity(row)):
            accepted.append((record.message_key(row), row))
    letters = []
    if checked.refused:
        texts = row_texts(page.body)
        location = pages.name(tick, page.number)
        letters = [
            dead_letter(
                origin, page.number, bad.row, texts[bad.row], record.topic or tick.endpoint,
                bad, location,
            )
            for bad in checked.refused
        ]  # fmt: skip
    duplicates = len(checked.accepted) - len(accepted)
    return PageRows(page, origin, len(rows), accepted, letters, duplicates, checked.drift)
