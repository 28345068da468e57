"""A component's process and all that it started: found, ended, weighed."""

import contextlib
import ctypes
import os
import signal

import psutil

_PR_SET_PDEATHSIG = 1


def descendants(pid: int) -> list[psutil.Process]:
    """Return what a process started, also in sessions of their own (Airflow's tasks)."""
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).children(recursive=True)
    return []


def kill(family: list[psutil.Process]) -> None:
    """End processes at once; those that have ended are no matter."""
    for process in family:
        with contextlib.suppress(psutil.Error):
            process.kill()


def kill_group(pid: int) -> None:
    """End at once whatever is in the process group that a component leads."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def die_with_parent() -> None:
    """Ask Linux to end this child when the runner dies, however it dies."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def memory_bytes(pid: int) -> int:
    """Return the bytes of a process and of all that it started, directly or not."""
    total = 0
    with contextlib.suppress(psutil.Error):
        top = psutil.Process(pid)
        for process in [top, *top.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                total += getattr(process.memory_full_info(), "pss", process.memory_info().rss)
    return total
