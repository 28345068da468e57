"""One call's share of the month: reserved before CoinCap is asked, settled when it is done."""

from ingest.errors import OverBudget
from ingest.ledger import Ledger


class Budget:
    """Reserves for all sweeps of a call at once where that fits, else sweep by sweep.

    One reservation instead of one per sweep, because Cloud Storage takes about one write a
    second to the same object. ``ahead`` is what all sweeps are expected to cost, in credits.
    """

    def __init__(self, ledger: Ledger, now_ms: int, ahead: int):
        self._ledger, self._now_ms, self._ahead = ledger, now_ms, ahead
        self._reserved, self._spent = 0, 0

    @property
    def ledger(self) -> Ledger:
        """What is remembered about CoinCap."""
        return self._ledger

    def admit(self, expected: int) -> None:
        """Let a sweep begin that is expected to cost so much; raises SpentMonth, OverBudget."""
        self._ledger.check_month(self._now_ms)
        missing = expected - (self._reserved - self._spent)
        if missing <= 0:
            return
        ahead, self._ahead = self._ahead, 0
        try:
            self._reserve(max(missing, ahead))
        except OverBudget:
            if ahead <= missing:
                raise
            self._reserve(missing)

    def spend(self, credits: int) -> None:
        """Count what a page cost; beyond the reservation, one more page like it is reserved."""
        self._spent += credits
        if self._spent > self._reserved:
            self._reserve(self._spent - self._reserved + max(1, credits))

    def settle(self) -> None:
        """Give back what was not spent."""
        self._ledger.settle(self._now_ms, self._reserved, self._spent)
        self._reserved, self._spent = 0, 0

    def _reserve(self, credits: int) -> None:
        self._ledger.reserve(self._now_ms, credits, "the sweep")
        self._reserved += credits
