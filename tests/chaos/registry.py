"""Faults by name: each a function that strikes a point and brings recovery."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass

FAMILIES = (
    "broker",
    "driver",
    "checkpoints",
    "database",
    "drivers",
    "tasks",
    "arrival",
    "api",
    "replays",
    "again",
)


@dataclass(frozen=True)
class Fault:
    """One fault: what goes wrong, what recovery is.

    ``fresh``: it needs a deployment that no other point has used; ``spends``: what it leaves is
    of no use to another point; ``disks``: it needs small disks, which only root can mount.
    ``judged``: the checker's verdict holds; else what the fault itself asserts is all.
    """

    name: str
    does: str
    recovery: str
    strike: Callable
    fresh: bool = False
    spends: bool = False
    disks: bool = False
    judged: bool = True


_FAULTS: dict[str, Fault] = {}


def fault(does: str, recovery: str, **needs: bool) -> Callable:
    """Register a function under its own name."""

    def register(strike: Callable) -> Callable:
        _FAULTS[strike.__name__] = Fault(strike.__name__, does, recovery, strike, **needs)
        return strike

    return register


def faults() -> dict[str, Fault]:
    """Return every fault by name, family by family."""
    for family in FAMILIES:
        importlib.import_module(f"chaos.faults.{family}")
    return dict(_FAULTS)
