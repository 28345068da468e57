"""The capacity table as Markdown: what markets at a cadence need, and each cell's sum.

``--sizes`` prints the size of a message instead, from which the table's ``wire_bytes`` comes;
``--measure FOLDER`` what messages take on disk, from the data folder of a finished demo.
"""

import argparse
import json
from pathlib import Path

from capacity_plan import CANDLE_DAYS, HOUR_DAYS, TASK_CORES, TICK_DAYS, Load, plan
from capacity_price import LAKE_DAYS, SOURCE

MARKETS = (2_000, 15_000, 150_000)
SECONDS = (10, 60, 300)
CADENCE = {10: "10 s", 60: "1 min", 300: "5 min"}
COLUMNS = {
    "pollers": "functions",
    "bridges": "bridges",
    "brokers": "brokers",
    "workers": "stream workers",
    "tier": "Cloud SQL",
    "sql_gb": "its GB",
    "credits": "credits a month",
    "usd": "USD a month",
}


def loads() -> list[Load]:
    """Return the table's loads, a row each."""
    return [Load(markets, seconds) for markets in MARKETS for seconds in SECONDS]


def values() -> list[str]:
    """Return the lines of the table of values."""
    lines = [f"| markets | every | messages/s | {' | '.join(COLUMNS.values())} |"]
    lines.append("|---:|---:|---:|" + "---:|" * 4 + "---|" + "---:|" * 3)
    for load in loads():
        found = plan(load)
        cells = [getattr(found, name) for name in COLUMNS]
        text = [cell if isinstance(cell, str) else f"{cell:,.0f}" for cell in cells]
        lines.append(f"| {_start(load)} | {load.rate:,.0f} | {' | '.join(text)} |")
    return lines


def sums() -> list[str]:
    """Return the lines of the table of sums: the same cells, with their numbers."""
    lines = [f"| markets | every | {' | '.join(COLUMNS.values())} |"]
    lines.append("|---:|---:|" + "---|" * len(COLUMNS))
    for load in loads():
        found = plan(load).sums
        lines.append(f"| {_start(load)} | {' | '.join(found[name] for name in COLUMNS)} |")
    return lines


def _start(load: Load) -> str:
    return f"{load.markets:,} | {CADENCE[load.every_s]}"


def figures() -> list[str]:
    """Return the lines of the table of measured figures."""
    found = json.loads(SOURCE.read_text("utf-8"))["figures"]
    lines = ["| figure | value | what | from | day |", "|---|---:|---|---|---|"]
    for name, each in found.items():
        rest = " | ".join(each[word] for word in ("unit", "command", "date"))
        lines.append(f"| `{name}` | {each['value']:,} | {rest} |")
    return lines


def formulas() -> list[str]:
    """Return the formulas in words, for the sums to be read by."""
    return [
        "Formulas (r = markets / seconds; everything may be half busy, so powers are halved):",
        "- functions = ⌈r / (½ `sweep_rows`)⌉, bridges = ⌈r / (½ `bridge`)⌉, stream workers = "
        f"⌈r / (½ × {TASK_CORES} × `job_per_core`)⌉ (e2-standard-4, one of 4 vCPU for the driver).",
        "- brokers = 1 (e2-medium) where r ≤ ½ `broker`; else three copies of everything on "
        "max(3, ⌈3 r / (½ `broker`)⌉) (e2-standard-2).",
        "- Cloud SQL: the smallest tier of which r / `merge_per_core` is at most half the vCPU, "
        "and two hours of samples and candles at most half the memory.",
        f"- its GB = minutes with a trade a day × `candle_bytes` × {CANDLE_DAYS} d + hours with "
        f"one × `hour_bytes` × {HOUR_DAYS} d + samples a day × `tick_bytes` × {TICK_DAYS} d; a "
        "minute or an hour has a trade with 1 − (1 − `new_trade`)^(polls in it).",
        "- credits = those of a sweep by the functions' own table × sweeps a month.",
        "- USD = infra/cost.py's profile `standard` with these sizes and volumes of "
        f"{LAKE_DAYS} days; CoinCap's plan comes on top.",
    ]


def table() -> str:
    """Return everything as Markdown."""
    parts = [values(), formulas(), sums(), figures()]
    return "\n\n".join("\n".join(lines) for lines in parts)


def message_bytes() -> float:
    """Return the mean size of a message of live's markets with its key and attributes."""
    from live import headers, market_row

    total, number = 0, 15_000
    for each in range(number):
        key, row = market_row(each, 1_729_168_200_000, number)
        marks = headers(1_729_168_200_000, "markets-20241017T124000Z")
        total += len(key) + len(json.dumps(row)) + sum(len(k) + len(v) for k, v in marks)
    return total / number


def main() -> None:
    """Print the table, or a size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", action="store_true")
    parser.add_argument("--measure", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    if options.sizes:
        print(f"wire_bytes={message_bytes():.0f}")
    elif options.measure:
        from capacity_measure import measured

        found = measured(options.measure)
        print(f"{found['messages']:,} messages: " + ", ".join(
            f"{name} {found[name]:.0f}" for name in ("raw", "bronze", "silver")
        ))  # fmt: skip
        print(" ".join(f"{name}_bytes={found[name]:.0f}" for name in ("kafka", "lake", "silver")))
    else:
        print(table())


if __name__ == "__main__":
    main()
