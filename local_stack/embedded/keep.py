"""Living with a stack that --keep left running, and what a live run will cost."""

import json
import sys
from importlib import resources

import click
import psutil
from rich.console import Console
from rich.table import Table

from embedded.market import ENDPOINTS
from embedded.places import RunFolder
from embedded.processes import end_remembered, remembered


def sweep_credits(endpoint: str) -> int:
    """Return the credits of one sweep of an endpoint, from the formula in credits.json."""
    text = (resources.files("coincap") / "credits.json").read_text("utf-8")
    model = json.loads(text)
    formula, size = model["formula"], model["endpoints"][endpoint]
    rows, page = size["rows"], formula["page_size"]
    pages = [min(page, rows - start) for start in range(0, rows, page)]
    per_credit = formula["bytes_per_credit"]
    return sum(
        max(formula["per_call"], -(-count * size["bytes_per_row"] // per_credit)) for count in pages
    )


def agreed_to_cost(console: Console, minutes: int) -> bool:
    """Say what a live run costs and ask; without a terminal nobody can agree."""
    cost = sum(map(sweep_credits, ENDPOINTS)) + (minutes - 1) * sweep_credits("assets")
    console.print(
        f"This run polls the live API for {minutes} minutes: about {cost:,} credits of your "
        "monthly budget (one full sweep, then assets once a minute).",
        highlight=False,
    )
    if not sys.stdin.isatty():
        console.print("error: pass --yes to agree without a terminal", highlight=False)
        return False
    return click.confirm("Go on?", default=False)


def announce(folder: RunFolder, console: Console) -> None:
    """Print where everything is."""
    status(folder, console)
    console.print("\nEnd it with: ./local_stack/demo --down", highlight=False)


def status(folder: RunFolder, console: Console) -> int:
    """Print one line per running component; return 1 where none runs."""
    found = remembered(folder)
    table = Table()
    for name in ("component", "address", "pid", "memory"):
        table.add_column(name)
    for name, facts in reversed(found):
        memory = psutil.Process(facts["pid"]).memory_info().rss / 2**20
        table.add_row(name, facts["address"], str(facts["pid"]), f"{memory:,.0f} MiB")
    if found:
        console.print(table)
    else:
        console.print(f"nothing runs in {folder.root}", highlight=False)
    return 0 if found else 1


def down(folder: RunFolder, console: Console) -> int:
    """End what --keep left running."""
    ended = end_remembered(folder)
    console.print(f"ended: {', '.join(ended) or 'nothing was running'}", highlight=False)
    return 0
