"""``tests/chaos/run``: strike, recover, check; exit 1 unless nothing is lost, doubled or wrong."""

import argparse
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from chaos.check.verdict import Verdict
from chaos.deployment import Deployment
from chaos.point import Outcome, run_point, run_silver
from chaos.registry import Fault, faults
from chaos.stage import POINTS_PER_DEPLOYMENT, Stage

MANY = 6
"""Points from which on it pays to prepare the start of jobs, which takes the time of one."""


def arguments(argv: list[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="tests/chaos/run", description=__doc__)
    parser.add_argument("--fault", default="all", help="a name, several by comma, or all")
    parser.add_argument("--points", type=int, default=1, help="points per fault (1)")
    parser.add_argument("--seed", type=int, default=1, help="seed of load and moments (1)")
    parser.add_argument("--list", action="store_true", help="say what there is and end")
    parser.add_argument("--broken", default="", help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def chosen(names: str) -> list[Fault]:
    """Return the faults of a comma list; exits with 2 for an unknown name."""
    known = faults()
    wanted = list(known) if names == "all" else names.split(",")
    for name in wanted:
        if name not in known:
            sys.exit(f"no fault {name}; there are: {', '.join(known)}")
    return [known[name] for name in wanted]


def main(argv: list[str]) -> int:
    """Run the points and print each outcome; the last line is the sum."""
    options = arguments(argv)
    wanted = chosen(options.fault)
    if options.list:
        for fault in wanted:
            print(f"{fault.name}: {fault.does}. Recovery: {fault.recovery}.")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    disks = bool(os.environ.get("COINCAP_CHAOS_DISKS"))
    root = Path(tempfile.mkdtemp(prefix="coincap-chaos-"))
    many = len(wanted) * options.points > MANY
    stage = Stage(root, options.seed, options.broken, disks, many)
    try:
        stage.open()
        outcomes = run(stage, wanted, options.points, options.seed)
    finally:
        stage.close()
    total = Verdict()
    for outcome in outcomes:
        for kind in ("lost", "duplicated", "wrong"):
            total.add(kind, getattr(outcome.verdict, kind), "")
    worst = max((outcome.recovery_s for outcome in outcomes), default=0.0)
    points = sum(outcome.fault != "silver" for outcome in outcomes)
    print(f"points={points} {total} max_recovery_s={worst:.1f}")
    return 0 if outcomes and total.holds else 1


def run(stage: Stage, wanted: list[Fault], points: int, seed: int) -> list[Outcome]:
    """Run every fault once, then every fault again, …; a used deployment is replaced."""
    outcomes = []
    for number in range(1, points + 1):
        for fault in wanted:
            if fault.disks and not stage.disks:
                print(f"{fault.name} {number}: left out, small disks need root", flush=True)
                continue
            if _used_up(stage.deployment, fault):
                outcomes += _silver(stage)
                stage.fresh()
            began = time.monotonic()
            outcome = run_point(stage.deployment, fault, number, seed)
            print(f"[{time.monotonic() - began:5.1f} s] {outcome}", flush=True)
            outcomes.append(outcome)
    return outcomes + _silver(stage)


def _used_up(held: Deployment | None, fault: Fault) -> bool:
    return (
        held is None
        or held.spent
        or held.points >= POINTS_PER_DEPLOYMENT
        or (fault.fresh and held.points > 0)
    )


def _silver(stage: Stage) -> list[Outcome]:
    """Judge silver of a deployment that is done with, unless a point has spoilt it."""
    held = stage.deployment
    if held is None or held.spent or not held.points:
        return []
    outcome = run_silver(held, stage.made)
    print(outcome, flush=True)
    return [outcome]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
