"""``python -m ingest.plan``: what a cadence costs, and which one is best for N credits.

Exit codes: 0 within budget, 1 over budget or not possible, 2 wrong arguments.
"""

import argparse
import json
import sys
from pathlib import Path

from ingest import month
from ingest.cadence import Job, as_json, credits_of, from_json, named
from ingest.clock import parse
from ingest.credits import model, sweep_credits
from ingest.errors import IngestError, Refused
from ingest.lake import open_lake
from ingest.planner import propose
from ingest.profile import ExchangeProfile, built_in, from_sweep
from ingest.tick import ENDPOINTS, Tick


def show(jobs: list[Job], budget: int | None) -> list[str]:
    """Return the lines of a plan; raises Refused, with the numbers, where it is over budget."""
    lines = [f"{'every':>8} {'sweeps':>6} {'runs':>7} {'calls':>9} {'MB':>9} {'credits':>11}"]
    for job in jobs:
        calls = job.runs * sum(len(sweep.calls) for sweep in job.sweeps)
        size = job.runs * sum(sweep.bytes for sweep in job.sweeps) / 1e6
        lines.append(
            f"{job.every_minutes:>5}min {len(job.sweeps):>6} {job.runs:>7} {calls:>9} "
            f"{size:>9.0f} {job.credits:>11}"
        )
    total = credits_of(jobs)
    lines.append(f"total {total} credits a month" + (f" of {budget}" if budget else ""))
    if budget is not None and total > budget:
        raise Refused(
            f"over budget: {total} credits a month, {budget} allowed, {total - budget} too many; "
            "poll less often or run: python -m ingest.plan propose --credits N"
        )
    return lines


def compare(jobs: list[Job], exchanges: list[ExchangeProfile]) -> dict[str, float]:
    """Return a cadence's figures on the simulated month beside the even one of its cost."""
    full = sum(sweep_credits(name) for name in ENDPOINTS)
    every = month.even_minutes(credits_of(jobs), full)
    ours = month.freshness(month.blocks_of(jobs, exchanges))
    even = month.freshness(month.even_blocks(every, exchanges))
    return {
        "mean_age_min": round(ours.mean_age_min, 1),
        "even_mean_age_min": round(even.mean_age_min, 1),
        "times_fresher": round(even.mean_age_min / ours.mean_age_min, 1),
        "volume_within_hour": round(ours.volume_within_hour, 3),
        "pairs_within_hour": round(ours.pairs_within_hour, 3),
        "volume_within_day": round(ours.volume_within_day, 3),
        "pairs_within_day": round(ours.pairs_within_day, 3),
        "pairs_within_month": round(ours.pairs_within_month, 3),
    }


def main(argv: list[str] | None = None) -> int:
    """Run the command; print the plan."""
    options = _arguments(argv)
    try:
        exchanges = _profile(options)
        if options.command == "propose":
            budget, jobs = options.credits, propose(options.credits, exchanges)
        elif options.file:
            content = json.loads(Path(options.file).read_text())
            budget, jobs = options.credits, [from_json(job) for job in content["jobs"]]
        else:
            budget, jobs = named(options.name)
            budget = options.credits or budget
        if options.json:
            print(json.dumps({"credits_per_month": budget, "jobs": [as_json(j) for j in jobs]}))
            return 0
        print(*show(jobs, budget), sep="\n")
        print(*(f"{name}={value}" for name, value in compare(jobs, exchanges).items()), sep="\n")
    except (IngestError, OSError, ValueError, KeyError) as error:
        print(f"ingest.plan: {error}", file=sys.stderr)
        return 1
    return 0


def _profile(options: argparse.Namespace) -> list[ExchangeProfile]:
    if not options.sweep:
        return built_in()
    lake, _, time = options.sweep.rpartition("@")
    found = from_sweep(open_lake(lake), Tick("markets", parse(time)))
    if not found:
        raise Refused(f"no sweep of markets of {time} in {lake}")
    return found


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ingest.plan", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    shown = commands.add_parser("show", help="what a cadence costs; refuses one over budget")
    shown.add_argument("--name", choices=list(model()["cadences"]), default="small")
    shown.add_argument("--file", help="a cadence of your own: JSON with jobs")
    shown.add_argument("--credits", type=int, help="budget a month")
    best = commands.add_parser("propose", help="the best cadence for so many credits a month")
    best.add_argument("--credits", type=int, required=True)
    for command in (shown, best):
        command.add_argument("--json", action="store_true", help="print it as credits.json has it")
        command.add_argument("--sweep", metavar="LAKE@TIME", help="weigh by a stored full sweep")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
