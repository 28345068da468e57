"""``tests/chaos/run``: strike, recover, check; exit 1 unless nothing is lost, doubled or wrong."""

import argparse
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from chaos.deployment import Deployment
from chaos.lanes import MANY, Total, lanes, run_lanes, share
from chaos.point import run_point, run_silver
from chaos.registry import Fault, faults
from chaos.stage import POINTS_PER_DEPLOYMENT, Stage


def arguments(argv: list[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="tests/chaos/run", description=__doc__)
    parser.add_argument("--fault", default="all", help="a name, several by comma, or all")
    parser.add_argument("--points", type=int, default=1, help="points per fault (1)")
    parser.add_argument("--seed", type=int, default=1, help="seed of load and moments (1)")
    parser.add_argument("--lanes", type=int, help="runs side by side (2 for more than 6 points)")
    parser.add_argument("--list", action="store_true", help="say what there is and end")
    parser.add_argument("--broken", default="", help=argparse.SUPPRESS)
    parser.add_argument("--lane", type=int, help=argparse.SUPPRESS)
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
    """Run the points, in lanes where they are many; the last line is the sum."""
    options = arguments(argv)
    wanted = chosen(options.fault)
    if options.list:
        for fault in wanted:
            print(f"{fault.name}: {fault.does}. Recovery: {fault.recovery}.")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    points = [(fault, number) for number in range(1, options.points + 1) for fault in wanted]
    side_by_side = min(options.lanes or lanes(len(points)), len(points))
    if options.lane is None and side_by_side > 1:
        words = [sys.executable, "-m", "chaos", *argv, "--lanes", str(side_by_side), "--lane"]
        total = run_lanes([[*words, str(lane)] for lane in range(side_by_side)])
    else:
        mine = share(points, options.lane or 0, side_by_side)
        total = run(mine, options.seed, options.broken)
    print(total)
    return 0 if total.holds else 1


def run(points: list[tuple[Fault, int]], seed: int, broken: str) -> Total:
    """Run the points in turn and print each outcome; a used deployment is replaced."""
    disks = bool(os.environ.get("COINCAP_CHAOS_DISKS"))
    root = Path(tempfile.mkdtemp(prefix="coincap-chaos-"))
    stage = Stage(root, seed, broken, disks, len(points) > MANY)
    total = Total()
    try:
        stage.open()
        for fault, number in points:
            if fault.disks and not disks:
                print(f"{fault.name} {number}: left out, small disks need root", flush=True)
                continue
            if _used_up(stage.deployment, fault):
                _judge_silver(stage, total)
                stage.fresh()
            began = time.monotonic()
            outcome = run_point(stage.deployment, fault, number, seed)
            print(f"[{time.monotonic() - began:5.1f} s] {outcome}", flush=True)
            total.add(1, outcome.verdict, outcome.recovery_s)
        _judge_silver(stage, total)
    finally:
        stage.close()
    return total


def _used_up(held: Deployment | None, fault: Fault) -> bool:
    return (
        held is None
        or held.spent
        or held.points >= POINTS_PER_DEPLOYMENT
        or (fault.fresh and held.points > 0)
    )


def _judge_silver(stage: Stage, total: Total) -> None:
    """Judge silver of a deployment that is done with, unless a point has spoilt it."""
    held = stage.deployment
    if held is None or held.spent or not held.points:
        return
    outcome = run_silver(held, stage.made)
    print(outcome, flush=True)
    total.add(0, outcome.verdict, outcome.recovery_s)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
