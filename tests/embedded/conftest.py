"""The demo as a command, and one stack that is left running on the captures."""

import os
import subprocess
from pathlib import Path

import pytest

DEMO = Path(__file__).resolve().parents[2] / "local_stack" / "demo"


def run_demo(*arguments, env=None, seconds=900):
    """Run the command without a key and without a terminal; return what it did."""
    return subprocess.run(
        [str(DEMO), *map(str, arguments)],
        env={**os.environ, "COINCAP_API_KEY": "", "COLUMNS": "120", **(env or {})},
        capture_output=True, text=True, timeout=seconds, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture(scope="session")
def demo():
    return run_demo


@pytest.fixture(scope="session")
def replayed(tmp_path_factory, captures):
    """A kept stack on the captures: (its folder, its export)."""
    folder = tmp_path_factory.mktemp("replay")
    data, export = folder / "data", folder / "export"
    done = run_demo("--replay", captures, "--export", export, "--data-dir", data, "--keep")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    yield data, export
    run_demo("stop", "--data-dir", data)
