"""Parse, check and serialise market rows: rows per second of one core's time, and what it needs
of memory for one page of 2,000."""

import statistics
import sys
import time
import tracemalloc
import urllib.request

from coincap.contract import record_type
from ingest.client import Call
from ingest.envelope import parse
from ingest.rows import Seen, check_page
from ingest.source import Page
from ingest.tick import Tick
from ingest.wire import serialise
from simulator.local import running

RECORD, TICK = record_type("market"), Tick("markets", 0)


def work(body: bytes) -> int:
    """Return the bytes on the wire of one page."""
    page = Page(1, "markets", body, 4_000_000_000_000, [Call(1)], parse(body))
    result = check_page(RECORD, TICK, page, "v3", Seen())
    assert not result.dead_letters
    result.origin.headers(RECORD)
    return sum(len(serialise(row)) for _, row in result.accepted)


def main() -> int:
    """Measure twenty pages; print the memory and, last, the rate."""
    with (
        running("--markets", "2000") as simulator,
        urllib.request.urlopen(f"{simulator.url}/markets?limit=2000") as answer,
    ):
        body = answer.read()
    work(body)
    tracemalloc.start()
    work(body)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    times = []
    for _ in range(20):
        started = time.thread_time()
        work(body)
        times.append(time.thread_time() - started)
    print(f"page_peak_mib={peak / 2**20:.1f}")
    print(f"check_rows_per_s={2000 / statistics.median(times):.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
