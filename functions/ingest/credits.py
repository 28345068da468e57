"""What CoinCap's calls cost: the documented formula, from ``coincap/credits.json``.

Terraform's budget check reads the same file; a test compares both.
"""

import json
from functools import cache
from importlib import resources


@cache
def model() -> dict:
    """Return the credit model as it stands in its file."""
    path = resources.files("coincap") / "credits.json"
    return json.loads(path.read_text("utf-8"))


def call_credits(size: int) -> int:
    """Return the credits of one answer of ``size`` bytes: 1, and 1 per further 2,500 bytes."""
    formula = model()["formula"]
    return max(formula["per_call"], -(-size // formula["bytes_per_credit"]))


def page_rows(endpoint: str, rows: int) -> list[int]:
    """Return the rows of each call of a sweep, the last empty one included."""
    formula, spec = model()["formula"], model()["endpoints"][endpoint]
    if not spec["paged"]:
        return [rows]
    full, rest = divmod(rows, formula["page_size"])
    pages = [formula["page_size"]] * full + ([rest] if rest else [])
    return pages + ([0] if rows % formula["probe_multiple"] == 0 else [])


def sweep_bytes(endpoint: str, rows: int | None = None) -> int:
    """Return the bytes that a sweep is expected to bring."""
    spec = model()["endpoints"][endpoint]
    return (spec["rows"] if rows is None else rows) * spec["bytes_per_row"]


def sweep_credits(endpoint: str, rows: int | None = None) -> int:
    """Return the credits that a sweep of so many rows (default: all) is expected to cost."""
    spec = model()["endpoints"][endpoint]
    rows = spec["rows"] if rows is None else rows
    return sum(call_credits(n * spec["bytes_per_row"]) for n in page_rows(endpoint, rows))
