"""The CoinCap API that a run polls: the simulator, or the live one with the user's key."""

import json
import os
import sys
import urllib.request
from datetime import datetime

from embedded.places import REPOSITORY
from embedded.processes import Component, Supervisor

LIVE_URL = "https://rest.coincap.io/v3"


def start_simulator(
    supervisor: Supervisor, seed: int, now: datetime, extra: list[str]
) -> Component:
    """Start the simulator with its clock standing at ``now``; its address is /v3's."""
    file = supervisor.folder.root / "simulator.port"
    file.unlink(missing_ok=True)
    component = supervisor.start(
        "simulator",
        [
            sys.executable,
            "-m",
            "simulator",
            "--port",
            "0",
            "--port-file",
            str(file),
            "--seed",
            str(seed),
            "--now",
            iso(now),
            "--frozen",
            *extra,
        ],
        env={
            "PYTHONPATH": os.pathsep.join(
                [str(REPOSITORY / "local_stack"), str(REPOSITORY / "functions")]
            )
        },
    )
    supervisor.wait_ready(component, lambda: bool(file.read_text().strip()))
    component.address = f"http://127.0.0.1:{file.read_text().strip()}/v3"
    supervisor.remember(component)
    return component


def set_clock(address: str, now: datetime, running: bool = False) -> None:
    """Move the simulator's clock; it stands there, or runs on from there."""
    body = json.dumps({"now": iso(now), "running": running}).encode()
    url = address.removesuffix("/v3") + "/_sim/clock"
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=10).read()


def iso(time: datetime) -> str:
    """Return a UTC time as CoinCap's tools write it: 2024-10-17T12:40:00Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
