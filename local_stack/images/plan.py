"""What the stack polls by and what it may spend: one rule for the poller and the functions.

The plans are those of functions/coincap/credits.json. Two more would spend a live key's
month within minutes: only the simulator gets them.
"""

import json
from collections.abc import Mapping
from importlib import resources
from urllib.parse import urlsplit

SIMULATED_ONLY = ("everything", "demo")
SIMULATORS = ("simulator", "127.0.0.1", "localhost")
"""Hosts of the simulator, in containers and beside the embedded stack; any other costs credits."""


def cadences() -> dict[str, dict]:
    """Return the plans that are paid for: each its ``jobs`` and ``credits_per_month``."""
    model = json.loads((resources.files("coincap") / "credits.json").read_text("utf-8"))
    return model["cadences"]


def simulated(environment: Mapping[str, str]) -> bool:
    """Return whether COINCAP_API_URL is the simulator's; without one it is CoinCap's."""
    return urlsplit(environment.get("COINCAP_API_URL", "")).hostname in SIMULATORS


def chosen(environment: Mapping[str, str]) -> str:
    """Return the plan: COINCAP_PLAN, else what the API and the way to Kafka bear.

    Google's Pub/Sub emulator keeps all that it has seen in memory, so by its way less is polled.
    Raises ValueError, one line, for a plan that is none or that the API's owner would pay for.
    """
    here, plans = simulated(environment), list(cadences())
    usual = "free"
    if here:
        usual = "small" if environment.get("COINCAP_PUBLISHER") == "pubsub" else "everything"
    plan = environment.get("COINCAP_PLAN") or usual
    if plan in SIMULATED_ONLY and not here:
        raise ValueError(
            f"COINCAP_PLAN={plan!r} is for the simulator alone, a live API would cost up to "
            f"2,300 credits a minute: use one of {', '.join(plans)}"
        )
    if plan not in (*SIMULATED_ONLY, *plans):
        raise ValueError(
            f"COINCAP_PLAN={plan!r}: use one of {', '.join([*SIMULATED_ONLY, *plans])}"
        )
    return plan


def budget(environment: Mapping[str, str]) -> str:
    """Return COINCAP_CREDITS_PER_MONTH, else the plan's, as Terraform sets it; empty: no cap."""
    if given := environment.get("COINCAP_CREDITS_PER_MONTH"):
        return given
    found = cadences().get(chosen(environment))
    return str(found["credits_per_month"]) if found and not simulated(environment) else ""
