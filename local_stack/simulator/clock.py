"""The simulated clock: follows the wall clock until a client sets it."""

import threading
import time
from datetime import datetime


class Clock:
    """Seconds since 1970 UTC. ``set`` stops it there, or lets it run on from there."""

    def __init__(self, start_s: float | None = None, running: bool = True):
        self._lock = threading.Lock()
        self.set(time.time() if start_s is None else start_s, running)

    def now(self) -> float:
        """Return the simulated time."""
        with self._lock:
            return self._base + (time.time() - self._set_at if self._running else 0.0)

    def set(self, moment_s: float, running: bool = False) -> None:
        """Move the clock."""
        with self._lock:
            self._base, self._set_at, self._running = moment_s, time.time(), running


def parse(text: str) -> float:
    """Return ISO 8601 with a zone as seconds since 1970; raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"time without a zone: {text!r}")
    return moment.timestamp()
