"""A kept stack on a machine that sleeps: everything stands still, wakes, and goes on."""

import os
import signal
import time

import psutil
import psycopg
import pytest

from embedded.kept import kept
from embedded.places import RunFolder
from embedded.remembered import remembered

pytestmark = pytest.mark.slow
ASLEEP_S = 100


@pytest.fixture
def folder(tmp_path, demo):
    data = tmp_path / "data"
    done = demo("--keep", "--minutes", "1", "--data-dir", data)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    yield RunFolder(data)
    demo("stop", "--data-dir", data)


def everyone(folder: RunFolder) -> list[psutil.Process]:
    tops = [psutil.Process(facts["pid"]) for _, facts in remembered(folder)]
    return [each for top in tops for each in (top, *top.children(recursive=True))]


def newest_poll(dsn: str):
    with psycopg.connect(dsn) as db:
        return db.execute("select max(polled_at) from market.polls").fetchone()[0]


def wait_for_poll_after(dsn: str, moment, seconds: float):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (found := newest_poll(dsn)) and found > moment:
            return found
        time.sleep(2)
    raise AssertionError(f"no poll after {moment}")


def test_it_polls_on_and_goes_on_after_a_sleep(folder, demo):
    dsn = kept(folder).dsn
    before = wait_for_poll_after(dsn, newest_poll(dsn), 200)
    asleep = everyone(folder)
    for process in asleep:
        os.kill(process.pid, signal.SIGSTOP)
    time.sleep(ASLEEP_S)
    for process in asleep:
        os.kill(process.pid, signal.SIGCONT)
    woke = wait_for_poll_after(dsn, before, 200)
    assert (woke - before).total_seconds() >= ASLEEP_S - 60
    assert {process.pid for process in everyone(folder)} >= {
        facts["pid"] for _, facts in remembered(folder)
    }
    done = demo("status", "--data-dir", folder.root)
    assert "ended" not in done.stdout
    assert "silent" not in done.stdout
