"""Real slugs and measured rates that the simulated world starts from (``seeds/*.csv``)."""

import csv
import io
from importlib import resources


def rows(name: str) -> list[dict[str, str]]:
    """Return one seed list: assets, exchanges, quotes, rates or stablecoins."""
    text = (resources.files(__package__) / "seeds" / f"{name}.csv").read_text("utf-8")
    return list(csv.DictReader(io.StringIO(text)))
