"""Where pages come from: the live API here, captured files in ``replay.py``."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from ingest.client import Answer, Call, Client, FetchFailed
from ingest.envelope import Envelope
from ingest.errors import IngestError
from ingest.settings import Settings
from ingest.tick import Tick

MAX_PAGES = 200
"""400,000 rows; a listing that never ends is an error of the API."""

UNPAGED = ("rates",)
"""Endpoints that answer everything at once and know no limit or offset."""


@dataclass
class Page:
    """One raw page: its number from 1, its body, when it was polled (ms), the calls it took.

    ``single``: the body holds one object instead of a list.
    """

    number: int
    path: str
    body: bytes
    polled_at_ms: int
    calls: list[Call]
    envelope: Envelope = field(repr=False)
    single: bool = False


class Source(Protocol):
    """Yields the pages of a sweep, from page ``len(known)+1`` on."""

    api_version: str

    def pages(self, tick: Tick, known: list[Page]) -> Iterator[Page]:
        """Yield pages until the listing ends; raises IngestError where one cannot be had."""


class LiveSource:
    """Pages through the API by limit and offset."""

    def __init__(self, client: Client, settings: Settings):
        self._client, self._settings = client, settings
        self.api_version = settings.api_version

    def pages(self, tick: Tick, known: list[Page]) -> Iterator[Page]:
        """Ask page by page; ends at a page that is not full.

        A short page of a round hundred may be a lower limit than ours, so the next page is
        asked for as well (an empty one costs one credit): nothing is cut off in silence.
        """
        offset, number, ended, latest_ms = 0, 0, False, tick.scheduled_ms
        for page in known:
            rows, latest_ms = len(page.envelope.rows), page.polled_at_ms
            offset, number, ended = offset + rows, page.number, self._is_last(tick, rows)
        while not ended:
            number += 1
            if number > MAX_PAGES:
                raise IngestError(f"{tick.endpoint}: more than {MAX_PAGES} pages; limit ignored?")
            try:
                answer = self._client.get(tick.endpoint, self._params(tick, offset))
            except FetchFailed as failure:
                if self._settings.polled_at == "envelope":
                    _not_after(latest_ms, failure.calls)
                raise
            page = page_of(number, answer, self._settings)
            rows, latest_ms = len(page.envelope.rows), page.polled_at_ms
            yield page
            offset, ended = offset + rows, self._is_last(tick, rows)

    def _params(self, tick: Tick, offset: int) -> dict:
        if tick.endpoint in UNPAGED:
            return {}
        limit = min(self._settings.page_size, tick.head or self._settings.page_size)
        return {**tick.filters, "limit": limit, "offset": offset}

    def _is_last(self, tick: Tick, rows: int) -> bool:
        if tick.endpoint in UNPAGED or tick.head or rows == 0:
            return True
        return rows < self._settings.page_size and rows % 100 != 0


def page_of(number: int, answer: Answer, settings: Settings) -> Page:
    """Return an answer as a page, dated by the clock that the settings name."""
    polled_at_ms, envelope_ms = answer.calls[-1].done_ms, answer.envelope.envelope_at_ms
    if settings.polled_at == "envelope" and envelope_ms is not None:
        polled_at_ms = envelope_ms
        _not_after(envelope_ms, answer.calls)
    return Page(number, answer.path, answer.body, polled_at_ms, answer.calls, answer.envelope)


def _not_after(at_ms: int, calls: list[Call]) -> None:
    """Date calls by the envelope's clock, which may be far behind the wall clock: their facts
    would otherwise be refused as of the future.
    """
    for call in calls:
        call.done_ms = min(call.done_ms, at_ms)
