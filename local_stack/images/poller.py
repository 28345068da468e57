"""What Cloud Scheduler is on Google Cloud: calls the function poll by the plan's cadence.

The plans are those of functions/coincap/credits.json, job for job what Terraform schedules.
Two more are for the simulator alone (plan.py): ``everything`` polls every endpoint each minute,
``demo`` as the demo's first run does.
"""

import json
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import plan

from embedded.errors import StackError
from embedded.functions_host import call
from embedded.market import EVERY_MINUTES

MINUTE = timedelta(minutes=1)
JUMP_S = 30


def _whole(cadence: dict[str, int]) -> list[dict]:
    """Return jobs that sweep whole endpoints every so many minutes."""
    return [
        {
            "every_minutes": minutes,
            "cron": f"*/{minutes} * * * *",
            "sweeps": [{"endpoint": endpoint, "scope": None}],
        }
        for endpoint, minutes in cadence.items()
    ]


OURS = {"everything": _whole(dict.fromkeys(EVERY_MINUTES, 1)), "demo": _whole(EVERY_MINUTES)}


def jobs(name: str) -> list[dict]:
    """Return the jobs of a plan that there is."""
    return OURS[name] if name in OURS else plan.cadences()[name]["jobs"]


def matches(cron: str, now: datetime) -> bool:
    """Return whether a cron text (fields ``*``, ``*/n`` or one number, UTC) names a minute."""
    at = (now.minute, now.hour, now.day, now.month, now.isoweekday() % 7)
    return all(_matches(field, value) for field, value in zip(cron.split(), at, strict=True))


def _matches(field: str, value: int) -> bool:
    if field.startswith("*"):
        return value % int(field[2:] or 1) == 0
    return value == int(field)


def due(calls: list[dict], now: datetime, before: datetime | None = None) -> list[dict]:
    """Return the bodies of the calls that are due in a minute, or since the one ``before``.

    A job that became due several times while others ran, or while the machine slept, is called
    once; after a clock that was put back the minute itself counts.
    """
    missed = int((now - before) / MINUTE) if before else 1
    missed = missed if missed >= 0 else 1
    minutes = [now - MINUTE * back for back in range(min(missed, 1440))]
    return [
        {"sweeps": job["sweeps"]}
        for job in calls
        if any(matches(job["cron"], minute) for minute in minutes)
    ]


def at_start(calls: list[dict]) -> list[dict]:
    """Return the most frequent jobs, run at once: something to see, at the least price.

    Each restart pays for them again, so the rarer and dearer ones wait for their minute.
    """
    least = min(job["every_minutes"] for job in calls)
    return [job | {"cron": "* * * * *"} for job in calls if job["every_minutes"] == least]


def tick(
    address: str, calls: list[dict], now: datetime, before: datetime | None = None
) -> datetime:
    """Make the calls due since ``before`` and return the minute they were made for.

    A call that fails is said, and the others are made.
    """
    scheduled = now.replace(second=0, microsecond=0)
    for body in due(calls, scheduled, before):
        try:
            answer = call(address, body | {"scheduled_at": f"{scheduled:%Y-%m-%dT%H:%M:%SZ}"})
        except StackError as error:
            print(f"{len(body['sweeps'])} sweeps: {error}", file=sys.stderr, flush=True)
            continue
        for sweep in answer["sweeps"]:
            print(json.dumps(sweep, default=str), flush=True)
    return scheduled


@dataclass
class Clock:
    """Notices that the wall clock went on (or back) without us: a machine that slept."""

    wall: float
    steady: float

    def jumped_s(self, wall: float, steady: float) -> float:
        """Return the seconds by which the wall clock left the steady one since the last look."""
        jumped = (wall - self.wall) - (steady - self.steady)
        self.wall, self.steady = wall, steady
        return jumped if abs(jumped) > JUMP_S else 0.0


def told(jumped_s: float, now: datetime) -> str:
    """Return a line about a jump of the clock."""
    way = "ahead (the machine slept?): what was due meanwhile is" if jumped_s > 0 else "back: it is"
    minutes = abs(jumped_s) / 60
    return f"the clock jumped {minutes:.0f} min {way} polled once, from {now:%Y-%m-%d %H:%M} UTC on"


def beat() -> None:
    """Touch the file COINCAP_POLLER_BEAT, if there is one to touch: a round was done."""
    if file := os.environ.get("COINCAP_POLLER_BEAT"):
        Path(file).touch()


def main() -> int:
    """Poll on every full minute until SIGTERM; the most frequent jobs also run at the start."""
    try:
        name = plan.chosen(os.environ)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"plan {name}", flush=True)
    calls, address = jobs(name), os.environ["COINCAP_FUNCTIONS_URL"]
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    last = tick(address, at_start(calls), datetime.now(UTC))
    beat()
    clock = Clock(time.time(), time.monotonic())
    while not stop.wait(60 - time.time() % 60):
        if jumped := clock.jumped_s(time.time(), time.monotonic()):
            print(told(jumped, datetime.now(UTC)), file=sys.stderr, flush=True)
        last = tick(address, calls, datetime.now(UTC), last)
        beat()
    return 0


if __name__ == "__main__":
    sys.exit(main())
