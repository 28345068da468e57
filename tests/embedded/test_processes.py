"""Components end with the runner, however it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
RUNNER = """
import sys, time, pathlib
from concurrent.futures import ThreadPoolExecutor
from embedded.places import RunFolder
from embedded.processes import Supervisor
supervisor = Supervisor(RunFolder(pathlib.Path(sys.argv[1])))
child = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); time.sleep(600)"
with ThreadPoolExecutor(1) as pool:
    pool.submit(supervisor.start, "sleeper", [sys.executable, "-c", child]).result()
time.sleep(1)
try:
    print(supervisor.components[0].process.pid, flush=True)
    time.sleep(600)
except KeyboardInterrupt:
    supervisor.stop_all()
"""  # noqa: E501


def start(tmp_path):
    runner = subprocess.Popen(
        [sys.executable, "-c", RUNNER, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "local_stack")},
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return runner, int(runner.stdout.readline())


def gone(pid, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_component_ends_with_the_runner(tmp_path, number):
    runner, child = start(tmp_path)
    # The thread that asked for the component has ended: that alone must not end it.
    assert psutil.pid_exists(child)
    runner.send_signal(number)
    runner.wait(20)
    assert gone(child)


def test_what_a_component_started_ends_with_it(tmp_path):
    runner, child = start(tmp_path)
    (grandchild,) = psutil.Process(child).children()
    runner.send_signal(signal.SIGINT)
    runner.wait(20)
    assert gone(grandchild.pid)


def test_a_pid_that_belongs_to_another_program_is_left_alone(tmp_path):
    import json

    from embedded.places import RunFolder
    from embedded.remembered import end_remembered, remembered

    folder = RunFolder(tmp_path)
    folder.pids.mkdir()
    stale = {"pid": os.getpid(), "started": "another boot 5", "address": "", "log": "", "order": 1}
    (folder.pids / "kafka.json").write_text(json.dumps(stale))
    assert remembered(folder) == []
    assert end_remembered(folder) == []
    assert not list(folder.pids.iterdir())
