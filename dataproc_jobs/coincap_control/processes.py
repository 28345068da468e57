"""Processes that this program did not start itself: alive or not, and what they started."""

import contextlib
import time
from pathlib import Path

import psutil


def alive(process: psutil.Process) -> bool:
    """Return whether a process runs; a zombie has ended, whoever must reap it."""
    with contextlib.suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def family_of(process: psutil.Process) -> list[psutil.Process]:
    """Return all that a process started, directly or not."""
    with contextlib.suppress(psutil.Error):
        return process.children(recursive=True)
    return []


def runs(process: psutil.Process, script: Path) -> bool:
    """Return whether a process is a Python that runs a script."""
    with contextlib.suppress(psutil.Error):
        words = process.cmdline()
        return "python" in Path(words[0]).name and str(script) in words
    return False


def await_end(process: psutil.Process, patience_s: float) -> None:
    """Wait until a process has ended, or the time is over."""
    deadline = time.monotonic() + patience_s
    while alive(process) and time.monotonic() < deadline:
        time.sleep(0.1)
