"""A worker that is killed in the middle: the next one goes on from its pages, nothing is lost."""

import os
import signal
import subprocess
import sys
import time

import pytest

from ingest.clock import now_ms

from .conftest import KEY, NOW, ROOT

WORKER = """
import sys
from ingest.run import poll
from ingest.settings import Settings
class Nowhere:
    def publish(self, *_): raise SystemExit("published before all pages were stored")
    def flush(self): pass
settings = Settings(lake=sys.argv[1], api_url=sys.argv[2], api_key=sys.argv[3], page_size=250)
poll(["markets"], sys.argv[4], settings, publisher=Nowhere())
"""


@pytest.fixture
def killed(deployment):
    """A worker killed after its third page; returns how many calls it had made."""
    deployment.simulator.set_faults(latency={"seconds": 0.2})
    before = deployment.simulator.state()["calls"]
    arguments = [str(deployment.folder), deployment.simulator.url, KEY, NOW]
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT / "functions")},
        start_new_session=True,
    )
    third = deployment.folder / "raw/markets/2024-10-17/markets-20241017T124000Z"
    while not (third / "page-0003.meta.json").exists():
        assert worker.poll() is None, "the worker ended by itself"
        time.sleep(0.01)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    deployment.simulator.set_faults()
    time.sleep(0.3)
    return deployment.simulator.state()["calls"] - before


def test_the_next_worker_goes_on_after_the_lease(deployment, killed, monkeypatch):
    settings = deployment.with_settings(page_size=250)
    monkeypatch.setattr(deployment, "clock", now_ms)
    assert deployment.poll("markets", settings=settings)[0]["status"] == "running elsewhere"
    monkeypatch.setattr(deployment, "clock", lambda: now_ms() + 601_000)
    before = deployment.simulator.state()["calls"]
    summary = deployment.poll("markets", settings=settings)[0]
    asked = deployment.simulator.state()["calls"] - before
    assert (summary["status"], summary["published"], summary["pages"]) == ("done", 2600, 12)
    keys = [key for topic, key, *_ in deployment.recorder.messages if topic == "coincap.markets"]
    assert len(keys) == len(set(keys)) == 2600
    assert 3 <= killed <= 5
    assert asked <= 12 - 3
