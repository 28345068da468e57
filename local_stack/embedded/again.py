"""Runs a program again when it has failed, as Dataproc does with the stream job.

    again.py COMMAND…

Ends with the program's exit code where that is 0 (it was asked to end) or 2 (an operator must
act, the log says how), on SIGTERM, and at the seventh failure within an hour.
"""

import signal
import subprocess
import sys
import time
from collections import deque

FAILURES_PER_HOUR = 6
"""As ``max_failures_per_hour`` of the job on Google Cloud (infra/modules/dataproc/jobs.tf)."""
WAIT_S = 5
_ENDS = (0, 2)


def main(command: list[str]) -> int:
    """Run the command until it ends for good; return its exit code."""
    failures: deque[float] = deque(maxlen=FAILURES_PER_HOUR + 1)
    asked = False
    child: subprocess.Popen | None = None

    def end(_number, _frame) -> None:
        nonlocal asked
        asked = True
        if child is not None:
            child.terminate()

    signal.signal(signal.SIGTERM, end)
    while True:
        child = subprocess.Popen(command)
        code = child.wait()
        failures.append(time.monotonic())
        too_many = len(failures) > FAILURES_PER_HOUR and failures[-1] - failures[0] < 3600
        if asked or code in _ENDS or too_many:
            return code if code >= 0 else 128 - code
        print(f"again: {command[0]} ended with {code}; it is started again", flush=True)
        time.sleep(WAIT_S)
        if asked:
            return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
