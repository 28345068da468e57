"""Lanes share the points out and add up; one that dies makes the run wrong."""

import os
import signal
import subprocess
import sys
import time

import pytest

from chaos.lanes import Total, lanes, run_lanes, share

SLEEPER = (
    "from chaos.lanes import run_lanes; import signal, sys;"
    "signal.signal(signal.SIGTERM, lambda *_: sys.exit(143));"
    "run_lanes([['sh', '-c', 'echo $$; exec sleep 60']] * 2)"
)


def lane(*lines: str, code: int = 0) -> list[str]:
    said = "".join(f"print({line!r});" for line in lines)
    return [sys.executable, "-c", f"import sys; {said} sys.exit({code})"]


@pytest.mark.parametrize("number", [1, 6, 7, 70])
def test_every_point_is_in_one_lane(number):
    points, of = list(range(number)), 3
    dealt = [share(points, each, of) for each in range(of)]
    assert sorted(point for each in dealt for point in each) == points
    assert max(map(len, dealt)) - min(map(len, dealt)) <= 1


def test_a_few_points_have_one_lane():
    assert lanes(6) == 1
    assert lanes(7) == min(2, os.cpu_count())


def test_the_sum_is_that_of_all_lanes_and_their_lines_are_passed_on(capfd):
    total = run_lanes(
        [
            lane("first", "points=3 lost=0 duplicated=1 wrong=0 max_recovery_s=4.5", code=1),
            lane("second", "points=2 lost=2 duplicated=0 wrong=3 max_recovery_s=31.0", code=1),
        ]
    )
    assert str(total) == "points=5 lost=2 duplicated=1 wrong=3 max_recovery_s=31.0"
    assert not total.holds
    assert sorted(capfd.readouterr().out.split()) == ["first", "second"]


@pytest.mark.parametrize(
    "dead",
    [
        lane("no sum"),
        lane("points=1 lost=0 duplicated=0 wrong=0 max_recovery_s=1.0", code=3),
        lane("points=1 lost=0 duplicated=0 wrong=0 max_recovery_s=1.0", "more"),
    ],
)
def test_a_lane_that_dies_is_wrong(dead, capfd):
    whole = lane("points=1 lost=0 duplicated=0 wrong=0 max_recovery_s=2.0")
    total = run_lanes([whole, dead])
    assert str(total) == "points=1 lost=0 duplicated=0 wrong=1 max_recovery_s=2.0"
    assert "lane 1: wrong, it ended with code" in capfd.readouterr().out


def test_no_points_are_no_proof():
    assert not Total().holds


def test_a_run_that_is_ended_ends_its_lanes():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", SLEEPER]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    pids = [int(run.stdout.readline()) for _ in range(2)]
    run.send_signal(signal.SIGTERM)
    assert run.wait(20) == 143
    deadline = time.monotonic() + 5
    while any(os.path.exists(f"/proc/{pid}") for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(os.path.exists(f"/proc/{pid}") for pid in pids)
