"""Points in lanes side by side: a point mostly waits for one component to start, on one core.

Each lane is a run of its own, with its own components, of every n-th point; this one prints what
the lanes print and adds up their last lines.
"""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Self

from chaos.check.verdict import Verdict

MANY = 6
"""Points from which on lanes pay, and the preparation of a job's start, which takes that of one."""
LAST = re.compile(
    r"points=(\d+) lost=(\d+) duplicated=(\d+) wrong=(\d+) max_recovery_s=([\d.]+)\n?"
)


@dataclass
class Total:
    """A run's last line."""

    points: int = 0
    verdict: Verdict = field(default_factory=Verdict)
    max_recovery_s: float = 0.0

    @classmethod
    def read(cls, line: str) -> Self | None:
        """Return the total that a line prints, or None for any other line."""
        found = LAST.fullmatch(line)
        return found and cls(
            int(found[1]), Verdict(*map(int, found.group(2, 3, 4))), float(found[5])
        )

    def add(self, points: int, verdict: Verdict, recovery_s: float) -> None:
        """Count points, what was found of them and their longest recovery."""
        self.points += points
        for kind in ("lost", "duplicated", "wrong"):
            self.verdict.add(kind, getattr(verdict, kind), "")
        self.max_recovery_s = max(self.max_recovery_s, recovery_s)

    @property
    def holds(self) -> bool:
        """Whether there were points, and nothing is lost, doubled or wrong."""
        return bool(self.points) and self.verdict.holds

    def __str__(self) -> str:
        return f"points={self.points} {self.verdict} max_recovery_s={self.max_recovery_s:.1f}"


def lanes(points: int) -> int:
    """Return how many lanes so many points get where nobody says: one for a few."""
    return min(2, os.cpu_count() or 1) if points > MANY else 1


def share(items: list, lane: int, of: int) -> list:
    """Return a lane's items; lanes count from 0."""
    return items[lane::of]


def run_lanes(commands: list[list[str]]) -> Total:
    """Run one command per lane, print their lines as they come and return their sum.

    A lane that ends without its last line counts as one wrong. Where this process is asked to end,
    the lanes are too, and it waits for them.
    """
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
    total = Total()
    with ThreadPoolExecutor(len(started)) as pool:
        try:
            for found in pool.map(_follow, range(len(started)), started):
                total.add(found.points, found.verdict, found.max_recovery_s)
        except BaseException:
            for lane in started:
                lane.terminate()
            raise
    return total


def _follow(number: int, lane: subprocess.Popen) -> Total:
    """Print a lane's lines; return its total."""
    total = None
    for line in lane.stdout:
        total = Total.read(line)
        if total is None:
            sys.stdout.write(line)
            sys.stdout.flush()
    if (code := lane.wait()) not in (0, 1) or total is None:
        print(f"lane {number}: wrong, it ended with code {code} before its sum", flush=True)
        return Total(verdict=Verdict(wrong=1))
    return total
