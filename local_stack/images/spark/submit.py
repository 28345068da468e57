"""spark-submit with the image's jars, ended in order: submit.py ARGUMENTS…

spark-submit is a JVM that runs the driver as its child and dies of TERM without passing it on.
Here the driver is asked, so that it ends between two batches; then spark-submit ends with it.
"""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

JARS = Path("/opt/coincap/jars")


def children(pid: int) -> list[int]:
    """Return the processes that a process has started and that still run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = stat.read_text("utf-8", "replace").rpartition(")")[2].split()[1]
        except OSError:  # it has just ended
            continue
        if int(parent) == pid:
            found.append(int(stat.parent.name))
    return found


def drivers(submit: int) -> list[int]:
    """Return the Python drivers that a spark-submit runs; none before it has started one."""
    found = []
    for pid in children(submit):
        with contextlib.suppress(OSError):  # it has just ended
            if b".py\0" in Path(f"/proc/{pid}/cmdline").read_bytes() + b"\0":
                found.append(pid)
    return found


def main(arguments: list[str]) -> int:
    """Run spark-submit to its end; return its exit code."""
    jars = ",".join(map(str, sorted(JARS.glob("*.jar"))))
    submit = subprocess.Popen(["spark-submit", "--jars", jars, *arguments])

    def end(number, _frame) -> None:
        for pid in drivers(submit.pid) or [submit.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    return submit.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
