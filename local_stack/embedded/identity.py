"""Which process a pid file means, and which start of the machine: whatever the clock does.

Linux counts a process's start in ticks since the boot. psutil adds the boot's wall time, which
moves when the clock is set (after a sleep, in a resumed virtual machine).
"""

import contextlib
from pathlib import Path

import psutil

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_START_TICKS = 22 - 3
"""Field 22 of /proc/PID/stat, counted from behind the name (field 2), which may hold spaces."""


def started(pid: int) -> str:
    """Return what no other process of this pid has; empty where there is no such process."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        return f"{boot()} {fields[_START_TICKS]}"
    with contextlib.suppress(psutil.Error):
        if not Path("/proc/self/stat").exists():
            return str(psutil.Process(pid).create_time())
    return ""


def boot() -> str:
    """Return what no other start of this machine has: Linux's boot id, else the boot's time."""
    with contextlib.suppress(OSError):
        return _BOOT.read_text().strip()
    return f"{psutil.boot_time():.0f}"
