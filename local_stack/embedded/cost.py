"""What polling the live API costs, said before it is spent."""

import json
import math
import os
import sys
from importlib import resources

import click
from rich.console import Console

from embedded.errors import StackError
from embedded.market import ENDPOINTS

PLAN = "free"
"""What a kept live stack polls by unless COINCAP_PLAN names another plan of credits.json."""


def _model() -> dict:
    return json.loads((resources.files("coincap") / "credits.json").read_text("utf-8"))


def sweep_credits(endpoint: str) -> int:
    """Return the credits of one sweep of an endpoint, from the formula in credits.json."""
    model = _model()
    formula, size = model["formula"], model["endpoints"][endpoint]
    rows, page = size["rows"], formula["page_size"]
    pages = [min(page, rows - start) for start in range(0, rows, page)]
    per_credit = formula["bytes_per_credit"]
    return sum(
        max(formula["per_call"], -(-count * size["bytes_per_row"] // per_credit)) for count in pages
    )


def monthly_credits(plan: str) -> int:
    """Return the credits of a month by a plan of credits.json."""
    model = _model()
    minutes = model["formula"]["minutes_per_month"]
    return sum(
        math.ceil(minutes / job["every_minutes"]) * job["credits_per_run"]
        for job in model["cadences"][plan]["jobs"]
    )


def live_plan() -> str:
    """Return the plan that a kept live stack polls by; StackError names those that there are."""
    plan = os.environ.get("COINCAP_PLAN") or PLAN
    if plan not in _model()["cadences"]:
        raise StackError(f"COINCAP_PLAN={plan!r}: use one of {', '.join(_model()['cadences'])}")
    return plan


def agreed_to_cost(console: Console, minutes: int, keep: bool) -> bool:
    """Say what a live run costs and ask; without a terminal nobody can agree."""
    cost = sum(map(sweep_credits, ENDPOINTS)) + (minutes - 1) * sweep_credits("assets")
    text = (
        f"This run polls the live API for {minutes} minutes: about {cost:,} credits of your "
        "monthly budget (one full sweep, then assets once a minute)."
    )
    if keep:
        plan = live_plan()
        text += (
            f" With --keep it goes on by the plan {plan}, {monthly_credits(plan):,} credits a "
            "month (COINCAP_PLAN chooses another)."
        )
    console.print(text, highlight=False)
    if not sys.stdin.isatty():
        console.print("error: pass --yes to agree without a terminal", highlight=False)
        return False
    return click.confirm("Go on?", default=False)
