"""Credits and limits as CoinCap counts them: calls per minute, credits per month."""

import threading
import time
from collections import deque
from datetime import UTC, datetime

BYTES_PER_CREDIT = 2500


class Quota:
    """One key's use. Minutes follow the wall clock, months the simulated one."""

    def __init__(self, credits_per_month: int | None, calls_per_minute: int):
        self._credits, self._calls = credits_per_month, calls_per_minute
        self._lock, self._recent = threading.Lock(), deque()
        self.spent: dict[str, int] = {}

    def refusal(self, now_s: float) -> tuple[int, str] | None:
        """Return status and message where a call is refused, else count it."""
        with self._lock:
            moment = time.monotonic()
            while self._recent and self._recent[0] < moment - 60:
                self._recent.popleft()
            if len(self._recent) >= self._calls:
                return 429, "per minute limit exceeded"
            self._recent.append(moment)
            if self._credits is not None and self.spent.get(_month(now_s), 0) >= self._credits:
                return 403, "Forbidden: Monthly usage limit exceeded"
            return None

    def charge(self, now_s: float, size: int) -> None:
        """Count the credits of an answer of ``size`` bytes."""
        with self._lock:
            month = _month(now_s)
            self.spent[month] = self.spent.get(month, 0) + max(1, -(-size // BYTES_PER_CREDIT))


def _month(now_s: float) -> str:
    return f"{datetime.fromtimestamp(now_s, UTC):%Y-%m}"
