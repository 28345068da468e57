"""One point: a seeded load, a fault somewhere in it, recovery, and the checker's verdict."""

import json
import random
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from chaos.check.verdict import Verdict
from chaos.deployment import Deployment
from chaos.load import Background
from chaos.registry import Fault

TICKS = 8
"""Polls of a point: each of 340 rows or more."""
BOUND_S = 300
"""A point whose job has not caught up so long after the fault is wrong."""


@dataclass
class Point:
    """What a fault works with: its deployment, its random numbers, its clock."""

    deployment: Deployment
    rng: random.Random
    lifted_at: float = field(default_factory=time.monotonic)
    notes: list[str] = field(default_factory=list)

    @contextmanager
    def loading(self, ticks: int = TICKS, pause_s: float = 0.5) -> Iterator[Background]:
        """Poll in the background while the fault is at work; ends when the load has ended."""
        running = Background(self.deployment.load, ticks, pause_s)
        try:
            yield running
        finally:
            running.join()

    def pause(self, least: float, most: float) -> None:
        """Wait a random while of seconds."""
        time.sleep(self.rng.uniform(least, most))

    def hook(self, place: str, do: str = "kill") -> None:
        """Lay a hook: the job does it when it next comes by that place."""
        self.deployment.job.hook.write_text(json.dumps({"at": place, "do": do}))

    def wait_for(self, what: str, check, seconds: float = 180) -> None:
        """Wait until something is so; raises RuntimeError naming it where it never is."""
        deadline = time.monotonic() + seconds
        while not check():
            if time.monotonic() > deadline:
                raise RuntimeError(f"the fault could not strike: {what} did not happen")
            time.sleep(0.05)

    def lifted(self) -> None:
        """Note that the fault is over: recovery is timed from here."""
        self.lifted_at = time.monotonic()

    def settle(self, seconds: float = BOUND_S) -> bool:
        """Wait until all is served and archived."""
        return self.deployment.wait_drained(seconds)


@dataclass(frozen=True)
class Outcome:
    """How one point ended."""

    fault: str
    number: int
    verdict: Verdict
    recovery_s: float
    notes: tuple[str, ...]

    def __str__(self) -> str:
        said = "; ".join([*self.notes, *self.verdict.named])
        return (
            f"{self.fault} {self.number}: {self.verdict} recovery_s={self.recovery_s:.1f}"
            f"{f' ({said})' if said else ''}"
        )


def run_point(deployment: Deployment, fault: Fault, number: int, seed: int) -> Outcome:
    """Strike once and check; a fault that the job does not survive is a verdict, no exception.

    Before the strike a poll is served and archived: what is struck is a job at work, not one that
    is still starting.
    """
    point = Point(deployment, random.Random(f"{seed}/{fault.name}/{number}"))
    verdict = Verdict()
    deployment.points += 1
    deployment.faults.append(fault.name)
    try:
        deployment.load.poll(1)
        if not point.settle():
            raise RuntimeError(f"the job serves nothing before the strike: {deployment.behind()}")
        point.lifted()
        fault.strike(point)
        drained = not fault.judged or point.settle()
        recovery_s = time.monotonic() - point.lifted_at
        if fault.judged:
            verdict = deployment.check()
        if not drained or recovery_s > BOUND_S:
            left = deployment.behind() if fault.judged else 0
            verdict.add("wrong", 1, f"{recovery_s:.0f} s of at most {BOUND_S} s, {left} left")
    except Exception as error:
        # Whatever it is, the other points go on; this one has failed.
        recovery_s = time.monotonic() - point.lifted_at
        verdict.add("wrong", 1, f"{type(error).__name__}: {error} at {_where(error)}")
    deployment.spent |= fault.spends or not verdict.holds
    return Outcome(fault.name, number, verdict, recovery_s, tuple(point.notes))


def run_silver(deployment: Deployment, number: int) -> Outcome:
    """Build silver of all that a deployment has been through, and check it too."""
    began, verdict = time.monotonic(), Verdict()
    try:
        deployment.job.kill()
        deployment.build_silver()
        verdict = deployment.check(silver=True)
    except Exception as error:
        verdict.add("wrong", 1, f"{type(error).__name__}: {error} at {_where(error)}")
    notes = (f"after {', '.join(deployment.faults)}", f"{time.monotonic() - began:.0f} s")
    return Outcome("silver", number, verdict, 0.0, notes)


def _where(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f"{Path(f.filename).name}:{f.lineno}" for f in frames if "chaos" in f.filename]
    return " ".join(ours[-3:])
