"""An interrupt at any stage leaves no process and no lock behind."""

import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]


def start(folder):
    return subprocess.Popen(
        [str(ROOT / "local_stack" / "demo"), "--minutes", "2", "--data-dir", str(folder)],
        env={**os.environ, "COINCAP_API_KEY": ""},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def wait_for(path, word, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if path.exists() and word in path.read_text("utf-8", "replace"):
            return
        time.sleep(0.2)
    raise AssertionError(f"{word!r} never came into {path}")


def belonging_to(folder):
    """Return the processes that mention the run's folder in their command or environment."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), *process.environ().values()]
        except psutil.Error:
            continue
        if process.pid != os.getpid() and any(str(folder) in word for word in words):
            found.append((process.pid, process.name()))
    return found


@pytest.mark.parametrize(
    ("log", "word", "number"),
    [
        ("stream.log", "SparkContext", signal.SIGINT),
        pytest.param(
            "dag-market_batch.log", "SparkContext", signal.SIGTERM, marks=pytest.mark.slow
        ),
    ],
)
def test_an_interrupt_leaves_nothing_running(tmp_path, log, word, number):
    folder = tmp_path / "data"
    runner = start(folder)
    try:
        wait_for(folder / "logs" / log, word, 240)
        assert len(belonging_to(folder)) > 3
        runner.send_signal(number)
        text, _ = runner.communicate(timeout=90)
    finally:
        runner.kill()
    assert runner.returncode == 130
    assert "nothing is left running" in text
    assert "Traceback" not in text
    assert belonging_to(folder) == []
