"""A handful of fault points on real components, and broken sinks that must make a run fail."""

import re
import subprocess
from pathlib import Path

import pytest

from chaos.registry import faults

TESTS = Path(__file__).resolve().parents[1]
QUICK = "duplicates,driver_killed_before_checkpoint"
CAUGHT_BY = {
    "bronze_not_asked": ("driver_killed_after_append", r"duplicated \d+: offsets in bronze"),
    "ledger_skipped": ("driver_killed_before_checkpoint", r"duplicated \d+: the batches count"),
    "row_dropped": ("duplicates", r"lost \d+: "),
    "staging_kept": ("duplicates", r"duplicated \d+: the batches count"),
}
"""Broken sink to the fault that shows it, and the damage that the checker must name."""


def chaos(*options: str) -> subprocess.CompletedProcess:
    command = [str(TESTS / "chaos" / "run"), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_every_fault_says_what_it_does_and_what_recovery_is():
    known = faults()
    assert len(known) >= 25
    assert all(fault.does and fault.recovery for fault in known.values())
    listed = chaos("--list")
    assert listed.returncode == 0
    assert len(listed.stdout.splitlines()) == len(known)


def test_an_unknown_fault_is_named():
    done = chaos("--fault", "meteor")
    assert done.returncode == 1
    assert done.stderr.startswith("no fault meteor; there are: broker_killed, ")


def test_a_few_points_lose_double_and_falsify_nothing():
    done = chaos("--fault", QUICK, "--seed", "7")
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert done.stdout.splitlines()[-1].startswith("points=2 lost=0 duplicated=0 wrong=0 ")


@pytest.mark.slow
@pytest.mark.parametrize("name", CAUGHT_BY)
def test_a_broken_sink_makes_the_run_fail(name):
    fault, damage = CAUGHT_BY[name]
    done = chaos("--fault", fault, "--broken", name)
    assert done.returncode == 1, done.stdout + done.stderr[-2000:]
    assert re.search(damage, done.stdout), done.stdout


@pytest.mark.slow
def test_every_fault_once():
    done = chaos("--fault", "all", "--seed", "11")
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
