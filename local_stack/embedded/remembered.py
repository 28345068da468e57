"""The components of a kept run, found by the files that it left, and ended."""

import contextlib
import json
import time

import psutil

from embedded.family import descendants, kill, kill_group
from embedded.identity import started
from embedded.places import RunFolder


def remembered(folder: RunFolder) -> list[tuple[str, dict]]:
    """Return (name, facts) of the components of a kept run that are alive, newest first.

    A pid file whose process is gone, or whose pid now belongs to another program, is removed.
    """
    alive = []
    for file in folder.pids.glob("*.json"):
        with contextlib.suppress(psutil.NoSuchProcess, ValueError):
            facts = json.loads(file.read_text())
            same = started(facts["pid"]) == facts["started"]
            if same and psutil.Process(facts["pid"]).status() != psutil.STATUS_ZOMBIE:
                alive.append((file.stem, facts))
                continue
        file.unlink(missing_ok=True)
    return sorted(alive, key=lambda item: -item[1]["order"])


def end_remembered(folder: RunFolder, patience_s: float = 30) -> list[str]:
    """End what a kept run left running; return the names."""
    ended = []
    for name, facts in remembered(folder):
        family = descendants(facts["pid"])
        # It may have ended by itself since it was listed: with a component that it needs.
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(facts["pid"])
            process.terminate()
            _wait_ended(process, patience_s)
        kill_group(facts["pid"])
        kill(family)
        (folder.pids / f"{name}.json").unlink(missing_ok=True)
        ended.append(name)
    return ended


def _wait_ended(process: psutil.Process, seconds: float) -> None:
    """Wait until a process of another parent has ended; a zombie has, whoever must reap it."""
    deadline = time.monotonic() + seconds
    with contextlib.suppress(psutil.NoSuchProcess):
        while process.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
            time.sleep(0.1)
