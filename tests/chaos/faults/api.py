"""CoinCap misbehaves; the poller dies in the middle of a sweep."""

import json
import signal
import subprocess
import sys
import urllib.request
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

from chaos.check.polls import is_spoilt, raw_pages
from chaos.load import ENDS
from chaos.proxy import Proxy
from chaos.registry import fault

CURED = "the function's retries, and the scheduler's for the same tick"
TAKE_OVER_MS = 601_000
"""A lease later: the scheduler's retry after the holder has died."""


def _simulator(point, path: str, content: dict | None = None) -> dict:
    """Ask or tell the simulator's control path; return its state."""
    address = point.deployment.simulator.removesuffix("/v3") + f"/_sim/{path}"
    data = None if content is None else json.dumps(content).encode()
    with urllib.request.urlopen(address, data, timeout=10) as answer:
        return json.load(answer)


def _faults(point, **faults) -> dict:
    return _simulator(point, "faults", faults)


def _misbehaves(point, **faults) -> None:
    """Let CoinCap misbehave while the load goes on. Raises RuntimeError where a fault was never
    met."""
    before = _simulator(point, "state")["struck"]

    def struck() -> dict[str, int]:
        now = _simulator(point, "state")["struck"]
        return {name: now.get(name, 0) - before.get(name, 0) for name in faults}

    with point.loading():
        try:
            point.pause(0, 1)
            _faults(point, **faults)
            point.pause(2, 4)
            point.wait_for("every fault of the API", lambda: all(struck().values()), 20)
        finally:
            _faults(point)
            point.lifted()
    point.notes.append(f"met {struck()}, sweeps {dict(point.deployment.load.statuses)}")


@fault("CoinCap answers 429", CURED)
def api_429(point):
    _misbehaves(point, burst_429={"rate": 0.4})


@fault("CoinCap answers 503, HTML and errors inside a 200", CURED)
def api_5xx(point):
    _misbehaves(point, server_error={"rate": 0.3}, html={"rate": 0.2}, error_in_200={"rate": 0.2})


@fault("CoinCap answers too late or not at all", CURED)
def api_timeout(point):
    _misbehaves(point, timeout={"rate": 0.15, "seconds": 2}, latency={"rate": 0.2, "seconds": 1})


@fault("bodies end early", CURED)
def api_cut_body(point):
    _misbehaves(point, cut_body={"rate": 0.4}, not_utf8={"rate": 0.2})


@fault("rows of another form, fields that come and go", "dead letters by the function")
def api_malformed(point):
    load = point.deployment.load
    earlier, usual = set(load.finished), load.settings
    served = _simulator(point, "state")["malformed"]
    # Every answer must count, also one that comes late on a busy machine.
    load.settings = replace(usual, timeout_s=30)
    try:
        _misbehaves(point, malformed_rows={"rate": 0.6}, new_field={"rate": 0.2},
                    removed_field={"rate": 0.2}, changed_type={"rate": 0.2})  # fmt: skip
    finally:
        load.settings = usual
    served = _simulator(point, "state")["malformed"] - served
    kept = sum(
        is_spoilt(name, row)
        for name in load.finished.keys() - earlier
        for rows in raw_pages(point.deployment.lake, name, load.finished[name]).values()
        for row in rows
    )
    if not served or served != kept:
        raise RuntimeError(f"{served} malformed rows were served, {kept} are in raw pages")
    point.notes.append(f"{served} malformed rows")


@fault("bodies come drop by drop, slower than the time-out", CURED)
def api_slow_body(point):
    load = point.deployment.load
    proxy = Proxy(int(load.simulator.rpartition(":")[2].partition("/")[0]))
    proxy.drip_s = 0.05
    slow = load.through(f"http://127.0.0.1:{proxy.port}/v3", attempts=2)
    tick = load.next_tick()
    if slow.call(*tick, 0) <= ENDS:
        raise RuntimeError("the fault could not strike: the tick was done while bodies were slow")
    proxy.drip_s = 0.0
    point.lifted()
    slow.finish(*tick)
    with point.loading(3):
        pass
    proxy.close()


@fault("the poller is killed in a sweep", "the scheduler calls the tick again after the lease")
def poller_killed(point):
    load, killed = point.deployment.load, 0
    for _ in range(3):
        tick = load.next_tick()
        file = point.deployment.folder / "acknowledged.ndjson"
        file.unlink(missing_ok=True)
        poller = _start(point, tick, file)
        point.wait_for("a claim", lambda t=tick: _claimed(load, t[0]), 60)
        point.pause(0, 0.6)
        poller.send_signal(signal.SIGKILL)
        killed += poller.wait() == -signal.SIGKILL
        _faults(point)
        _remember(file, load.acknowledged)
        load.finish(*tick, TAKE_OVER_MS)
    point.lifted()
    if not killed:
        raise RuntimeError("the fault could not strike: every poller had ended before its kill")
    point.notes.append(f"{killed} of 3 killed at work")


def _claimed(load, when) -> bool:
    """Return whether somebody has begun a tick."""
    return any(Path(load.settings.lake).glob(f"ticks/*/*-{when:%Y%m%dT%H%M%SZ}.json"))


def _start(point, tick: tuple, file: Path) -> subprocess.Popen:
    when, wanted = tick
    work = {
        "settings": asdict(point.deployment.load.settings),
        "tick": when.isoformat(),
        "wanted": wanted,
        "file": str(file),
    }
    # A page takes a while, so that the kill finds the sweep at work.
    _faults(point, latency={"rate": 1.0, "seconds": 0.15})
    return subprocess.Popen([sys.executable, "-m", "chaos.poller", json.dumps(work)])


def _remember(file: Path, acknowledged: Counter) -> None:
    """Take over what the dead poller had seen acknowledged."""
    if file.exists():
        for line in file.read_text().splitlines():
            if line.endswith("]"):
                acknowledged.update(tuple(item) for item in json.loads(line))
