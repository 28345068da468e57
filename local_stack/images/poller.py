"""What Cloud Scheduler is on Google Cloud: calls the function poll by the plan's cadences.

The plans are those of infra/cadences.json; ``everything`` polls every endpoint each minute,
which only the simulator bears.
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

CADENCES = Path(__file__).parents[2] / "infra" / "cadences.json"
EVERYTHING = {name: {"endpoint": name, "every_minutes": 1} for name in
              ("rates", "exchanges", "assets", "markets")}  # fmt: skip


def polls(plan: str) -> dict[str, dict]:
    """Return the polls of a plan; ValueError names the plans that there are."""
    if plan == "everything":
        return EVERYTHING
    plans = json.loads(CADENCES.read_text("utf-8"))["plans"]
    if plan not in plans:
        known = ", ".join(["everything", *plans])
        raise ValueError(f"COINCAP_PLAN={plan!r}: use one of {known}")
    return plans[plan]["polls"]


def due(plan: dict[str, dict], minute: int) -> list[dict]:
    """Return the bodies of the calls that are due in a minute (since 1970, UTC)."""
    return [
        {"endpoints": [poll["endpoint"]]} | ({"scope": poll["scope"]} if "scope" in poll else {})
        for poll in plan.values()
        if minute % poll["every_minutes"] == 0
    ]


def tick(address: str, plan: dict[str, dict], now: datetime) -> None:
    """Make the calls of one minute; a call that fails is said, and the others are made."""
    scheduled = now.replace(second=0, microsecond=0)
    for body in due(plan, int(scheduled.timestamp()) // 60):
        try:
            answer = call(address, body | {"scheduled_at": f"{scheduled:%Y-%m-%dT%H:%M:%SZ}"})
        except (StackError, OSError) as error:
            print(f"{body}: {error}", file=sys.stderr, flush=True)
            continue
        for sweep in answer["sweeps"]:
            print(json.dumps(sweep, default=str), flush=True)


def main() -> int:
    """Poll on every full minute until SIGTERM; the first poll of everything is at once."""
    try:
        plan = polls(os.environ.get("COINCAP_PLAN") or "everything")
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    address = os.environ["COINCAP_FUNCTIONS_URL"]
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    tick(address, {n: p | {"every_minutes": 1} for n, p in plan.items()}, datetime.now(UTC))
    while not stop.wait(60 - datetime.now(UTC).timestamp() % 60):
        tick(address, plan, datetime.now(UTC))
    return 0


if __name__ == "__main__":
    sys.exit(main())
