"""What this deployment remembers about CoinCap: credits spent, a spent month, dead addresses."""

import json
from collections.abc import Callable

from ingest.clock import iso, month
from ingest.errors import OverBudget, SpentMonth
from ingest.lake import Lake

NOT_FOUND = "state/not_found.json"


class Ledger:
    """Small JSON objects under ``state/`` in the lake, changed atomically.

    ``credits_per_month`` is the cap (None: none); the billing period is the UTC month.
    """

    def __init__(self, lake: Lake, credits_per_month: int | None):
        self._lake = lake
        self._cap = credits_per_month

    def check_month(self, now_ms: int) -> None:
        """Raise SpentMonth where CoinCap has said so in this period: nothing may be asked."""
        entry = self._month(now_ms)
        if entry.get("spent_message"):
            raise SpentMonth(
                f"credits of {month(now_ms)} are spent (CoinCap at {entry['spent_seen_at']}: "
                f"{entry['spent_message']}); no request until the next month"
            )

    def reserve(self, now_ms: int, credits: int, what: str) -> None:
        """Count credits before they are spent; raise OverBudget rather than pass the cap."""

        def change(entry: dict) -> None:
            used = entry.get("credits", 0)
            if self._cap is not None and used + credits > self._cap:
                raise OverBudget(
                    f"{what} needs about {credits} credits, {self._cap - used} of {self._cap} are "
                    f"left for {month(now_ms)}; raise COINCAP_CREDITS_PER_MONTH or poll less often"
                )
            entry["credits"] = used + credits

        self._change(_month_path(now_ms), change)

    def settle(self, now_ms: int, reserved: int, spent: int) -> None:
        """Replace a reservation by what was really spent."""

        def change(entry: dict) -> None:
            entry["credits"] = max(0, entry.get("credits", 0) - reserved + spent)

        if reserved != spent:
            self._change(_month_path(now_ms), change)

    def remember_spent(self, now_ms: int, message: str) -> None:
        """Remember that CoinCap refused for the rest of the period."""

        def change(entry: dict) -> None:
            entry.setdefault("spent_message", message)
            entry.setdefault("spent_seen_at", iso(now_ms))

        self._change(_month_path(now_ms), change)

    def spent(self, now_ms: int) -> int:
        """Return the credits spent and reserved in the period of a time."""
        return self._month(now_ms).get("credits", 0)

    def remember_not_found(self, path: str, now_ms: int) -> None:
        """Remember an address that CoinCap says has nothing, for good."""
        self._change(NOT_FOUND, lambda entry: entry.setdefault(path, iso(now_ms)))

    def not_found(self) -> dict[str, str]:
        """Return the addresses that have nothing and when each was seen."""
        return json.loads(self._lake.get(NOT_FOUND) or b"{}")

    def _month(self, now_ms: int) -> dict:
        return json.loads(self._lake.get(_month_path(now_ms)) or b"{}")

    def _change(self, path: str, change: Callable[[dict], object]) -> None:
        def replace(old: bytes | None) -> bytes:
            entry = json.loads(old or b"{}")
            change(entry)
            return json.dumps(entry, indent=1).encode()

        self._lake.update(path, replace)


def _month_path(now_ms: int) -> str:
    return f"state/credits-{month(now_ms)}.json"
