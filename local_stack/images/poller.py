"""What Cloud Scheduler is on Google Cloud: calls the function poll by the plan's cadence.

The plans are those of functions/coincap/credits.json, job for job what Terraform schedules;
``everything`` polls every endpoint each minute, which only the simulator bears.
"""

import json
import os
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from embedded.errors import StackError
from embedded.functions_host import call

MODEL = Path(__file__).parents[2] / "functions" / "coincap" / "credits.json"
EVERYTHING = [
    {"cron": "* * * * *", "sweeps": [{"endpoint": name, "scope": None}]}
    for name in ("rates", "exchanges", "assets", "markets")
]


def jobs(plan: str) -> list[dict]:
    """Return the jobs of a plan; ValueError names the plans that there are."""
    if plan == "everything":
        return EVERYTHING
    cadences = json.loads(MODEL.read_text("utf-8"))["cadences"]
    if plan not in cadences:
        known = ", ".join(["everything", *cadences])
        raise ValueError(f"COINCAP_PLAN={plan!r}: use one of {known}")
    return cadences[plan]["jobs"]


def matches(cron: str, now: datetime) -> bool:
    """Return whether a cron text (fields ``*``, ``*/n`` or one number, UTC) names a minute."""
    at = (now.minute, now.hour, now.day, now.month, now.isoweekday() % 7)
    return all(_matches(field, value) for field, value in zip(cron.split(), at, strict=True))


def _matches(field: str, value: int) -> bool:
    if field.startswith("*"):
        return value % int(field[2:] or 1) == 0
    return value == int(field)


def due(plan: list[dict], now: datetime) -> list[dict]:
    """Return the bodies of the calls that are due in a minute."""
    return [{"sweeps": job["sweeps"]} for job in plan if matches(job["cron"], now)]


def tick(address: str, plan: list[dict], now: datetime) -> None:
    """Make the calls of one minute; a call that fails is said, and the others are made."""
    scheduled = now.replace(second=0, microsecond=0)
    for body in due(plan, scheduled):
        try:
            answer = call(address, body | {"scheduled_at": f"{scheduled:%Y-%m-%dT%H:%M:%SZ}"})
        except (StackError, OSError) as error:
            print(f"{len(body['sweeps'])} sweeps: {error}", file=sys.stderr, flush=True)
            continue
        for sweep in answer["sweeps"]:
            print(json.dumps(sweep, default=str), flush=True)


def main() -> int:
    """Poll on every full minute until SIGTERM; every job runs once at the start."""
    try:
        plan = jobs(os.environ.get("COINCAP_PLAN") or "everything")
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    address = os.environ["COINCAP_FUNCTIONS_URL"]
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    tick(address, [job | {"cron": "* * * * *"} for job in plan], datetime.now(UTC))
    while not stop.wait(60 - datetime.now(UTC).timestamp() % 60):
        tick(address, plan, datetime.now(UTC))
    return 0


if __name__ == "__main__":
    sys.exit(main())
