"""A tick: one endpoint at one scheduled time, and the snapshot id that names it."""

import re
from dataclasses import dataclass

from ingest.clock import iso
from ingest.errors import Refused

ENDPOINTS = ("rates", "assets", "exchanges", "markets")
"""The polled endpoints, in an order that lets each sweep use what the earlier ones saw."""

_SCOPE = re.compile(r"[A-Za-z0-9._=+-]{1,150}(~[1-9][0-9]{0,3})?")


@dataclass(frozen=True)
class Tick:
    """One endpoint at one scheduled time (ms since 1970 UTC).

    ``scope`` narrows a sweep of markets: an exchange's id, ``binance~50`` for its 50 largest
    pairs, or ``baseId=bitcoin`` (any filter that /markets takes). A call for history has the
    scope asset.date.
    """

    endpoint: str
    scheduled_ms: int
    scope: str | None = None

    def __post_init__(self):
        if self.scope is not None and not _SCOPE.fullmatch(self.scope):
            raise Refused(f"scope {self.scope[:60]!r}: name an exchange id or filter=id")
        if self.scope is not None and self.endpoint not in ("markets", "history"):
            raise Refused(f"scope {self.scope!r}: only markets can be narrowed")

    @property
    def snapshot_id(self) -> str:
        """``markets-20241017T124000Z``, with ``-<scope>`` for a partial sweep."""
        time = iso(self.scheduled_ms)[:19].replace("-", "").replace(":", "")
        suffix = f"-{self.scope}" if self.scope else ""
        return f"{self.endpoint}-{time}Z{suffix}"

    @property
    def folder(self) -> str:
        """Folder of the raw pages in the lake."""
        return f"raw/{self.endpoint}/{iso(self.scheduled_ms)[:10]}/{self.snapshot_id}"

    @property
    def filters(self) -> dict[str, str]:
        """Query parameters of the scope."""
        if self.scope is None:
            return {}
        subject = self.scope.partition("~")[0]
        name, equals, value = subject.partition("=")
        return {name: value} if equals else {"exchangeId": subject}

    @property
    def head(self) -> int | None:
        """Rows that are wanted of a ranked listing; None: all."""
        size = self.scope.partition("~")[2] if self.scope else ""
        return int(size) if size else None


def floor(ms: int, step_s: int) -> int:
    """Return a time rounded down to a whole step of ``step_s`` seconds."""
    return ms - ms % (step_s * 1000)
