"""The load: the function's own core polls the simulator, tick after tick, until all is done."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import md5

from embedded.coincap_api import iso, set_clock
from ingest import log
from ingest.client import Client
from ingest.errors import IngestError
from ingest.publish import Publisher, open_publisher
from ingest.run import poll_sweeps
from ingest.settings import Settings
from ingest.source import LiveSource

LONGEST_WAIT_S = 0.2
"""The client's waits are cut to this; what it does after them is not."""
PATIENCE_S = 240
ENDS = {"done", "done before", "partial"}
NO_LAKE = "no lake"


@dataclass
class Recording:
    """A publisher that remembers what was acknowledged: all before a flush that returned."""

    inner: Publisher
    acknowledged: Counter
    handed: list[tuple] = field(default_factory=list)

    def publish(self, topic: str, key: str, value: bytes, headers: dict[str, str]) -> None:
        """Hand one message on."""
        snapshot = headers.get("snapshot_id", "")
        self.handed.append((topic, snapshot, key, md5(value).hexdigest()))
        self.inner.publish(topic, key, value, headers)

    def flush(self) -> None:
        """Wait for every acknowledgement."""
        handed, self.handed = self.handed, []
        self.inner.flush()
        self.acknowledged.update(handed)

    def close(self) -> None:
        """Give the connections back."""
        self.inner.close()


@dataclass
class Load:
    """Polls minute by minute of the simulated clock; a tick that fails is called again."""

    settings: Settings
    simulator: str
    now: datetime
    acknowledged: Counter = field(default_factory=Counter)
    statuses: Counter = field(default_factory=Counter)
    finished: dict[str, datetime] = field(default_factory=dict)
    """Snapshots that the function calls done or partial, with their ticks."""
    ticks: int = 0

    def next_tick(self) -> tuple[datetime, list[tuple[str, None]]]:
        """Move the simulated clock on by a minute; return the tick and what is due."""
        self.now += timedelta(minutes=1)
        due = (
            ["assets", "markets"] if self.ticks % 6 else ["rates", "exchanges", "assets", "markets"]
        )
        self.ticks += 1
        set_clock(self.simulator, self.now)
        return self.now, [(name, None) for name in due]

    def poll(self, ticks: int, pause_s: float = 0.0) -> None:
        """Poll so many ticks, each until every sweep is done."""
        log.LOGGER.setLevel("CRITICAL")
        for _ in range(ticks):
            self.finish(*self.next_tick())
            time.sleep(pause_s)

    def finish(self, tick: datetime, wanted: list, ahead_ms: int = 0) -> None:
        """Call one tick until it is done, as the scheduler does.

        ``ahead_ms`` moves the clock by which leases end. Raises RuntimeError where the tick is
        not done in 240 s.
        """
        deadline, refused = time.monotonic() + PATIENCE_S, False
        while not (found := self.call(tick, wanted, ahead_ms)) <= ENDS:
            refused |= NO_LAKE in found
            if refused and "running elsewhere" in found:
                # A lake that took nothing could not take the lease back either: it has to end.
                ahead_ms += int(self.settings.lease_s * 1000) + 1
            if time.monotonic() > deadline:
                raise RuntimeError(f"tick {tick} is not done after {PATIENCE_S} s: {self.statuses}")
            time.sleep(0.1)

    def call(self, tick: datetime, wanted: list, ahead_ms: int) -> set[str]:
        """Call the tick once; return the statuses of its sweeps, or what kept it from them."""
        try:
            publisher = Recording(open_publisher(self.settings), self.acknowledged)
        except IngestError:
            self.statuses["no publisher"] += 1
            return {"no publisher"}

        def clock() -> int:
            """One clock for all: leases and the facts of failed calls follow the simulated time."""
            return int(tick.timestamp() * 1000) + ahead_ms

        client = Client(self.settings, lambda s: time.sleep(min(s, LONGEST_WAIT_S)), clock)
        try:
            summaries = poll_sweeps(
                wanted, iso(tick), self.settings, LiveSource(client, self.settings), publisher,
                clock=clock,
            )  # fmt: skip
        except OSError:
            # A lake that takes nothing ends the function; the scheduler calls it again.
            self.statuses[NO_LAKE] += 1
            return {NO_LAKE}
        finally:
            client.close()
            publisher.close()
        found = {summary["status"] for summary in summaries}
        self.statuses.update(found)
        self.finished |= {s["snapshot_id"]: tick for s in summaries if s["status"] in ENDS}
        return found

    def through(self, api_url: str, **changes) -> "Load":
        """Return this load by another address or with other settings, same acknowledgements."""
        settings = replace(self.settings, api_url=api_url, **changes)
        return replace(self, settings=settings)


class Background(threading.Thread):
    """A load that runs beside a fault; ``join`` raises what went wrong in it."""

    def __init__(self, load: Load, ticks: int, pause_s: float):
        super().__init__(daemon=True)
        self._work, self._error = (load, ticks, pause_s), None
        self.start()

    def run(self) -> None:
        """Poll."""
        load, ticks, pause_s = self._work
        try:
            load.poll(ticks, pause_s)
        except Exception as error:
            self._error = error

    def must_be_on(self) -> None:
        """Raise RuntimeError where the load has ended: a fault would meet nothing."""
        if not self.is_alive():
            raise RuntimeError("the fault could not strike: the load has ended")

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end."""
        super().join(timeout)
        if self._error:
            raise self._error
