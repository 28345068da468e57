"""The simulator inside the caller's process: for tests, benchmarks and the demo."""

import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from simulator.__main__ import arguments, build


class Running:
    """A simulator that serves in a thread; ``url`` ends in the API's version."""

    def __init__(self, port: int):
        self.address = f"http://127.0.0.1:{port}"
        self.url = f"{self.address}/v3"

    def set_clock(self, now: str, running: bool = False) -> None:
        """Move the simulated clock to an ISO 8601 time."""
        self._post("clock", {"now": now, "running": running})

    def set_faults(self, **faults) -> None:
        """Replace all faults, for example ``cut_body=0.1, server_error={"count": 2}``."""
        self._post("faults", faults)

    def state(self) -> dict:
        """Return calls, malformed rows served, credits by month and the simulated time."""
        with urllib.request.urlopen(f"{self.address}/_sim/state") as answer:
            return json.load(answer)

    def _post(self, name: str, content: dict) -> None:
        request = urllib.request.Request(
            f"{self.address}/_sim/{name}", json.dumps(content).encode(), method="POST"
        )
        urllib.request.urlopen(request).close()


@contextmanager
def running(*options: str) -> Iterator[Running]:
    """Serve with the options of ``python -m simulator`` on a free port until the block ends."""
    server = build(arguments(list(options)))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield Running(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
