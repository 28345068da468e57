"""Two programs do not commit to one table of a disk at once."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from harness import Driver, ends, in_partitions, market, message

import housekeeping
from coincap_jobs import turns
from coincap_jobs.archive import Archive, bronze_path, ensure_bronze
from coincap_jobs.fence import Fence
from coincap_jobs.turns import my_turn

JOBS = Path(__file__).parents[2] / "dataproc_jobs"
HOLD = """
import sys, time
from coincap_jobs.turns import my_turn
with my_turn(sys.argv[1]):
    print("mine", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another program, which writes the table ``bronze`` of the test's lake."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "bronze")]
    env = {"PYTHONPATH": str(JOBS)}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"mine\n"
        yield process
        process.kill()


def test_who_comes_second_waits_until_the_first_is_gone_however_it_goes(holder, tmp_path):
    mine = threading.Event()

    def write():
        with my_turn(str(tmp_path / "bronze")):
            mine.set()

    thread = threading.Thread(target=write)
    thread.start()
    assert not mine.wait(0.5)
    holder.kill()
    assert mine.wait(10)
    thread.join()


def test_another_table_does_not_wait(holder, tmp_path):
    with my_turn(str(tmp_path / "silver")):
        assert holder.poll() is None


def test_a_holder_that_stands_still_holds_nobody_up(holder, tmp_path, caplog):
    with my_turn(str(tmp_path / "bronze"), patience_s=0.1):
        assert holder.poll() is None
    assert "another program writes" in caplog.text


def test_a_bucket_needs_no_turns(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with my_turn("gs://lake/bronze"):
        assert not list(tmp_path.iterdir())


def test_archive_and_housekeeping_ask_for_the_same_turn(spark, postgres, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(turns, "_locked", lambda handle, _: asked.append(handle.name) or True)
    lake, driver = str(tmp_path / "lake"), Driver(spark, postgres.dsn)
    lock = str(tmp_path / "lake" / ".bronze.lock")
    ensure_bronze(spark, lake)
    fence = Fence(spark, bronze_path(lake))
    assert asked == [lock, lock]
    archive = Archive(lake, postgres.dsn, 1, driver.serve.topic_ids, {}, driver.plan, fence)
    placed = in_partitions([message("markets", market("a"), "2024-10-17T12:31:00.000Z")])
    driver.plan.ends[0] = ends(placed)
    archive.process(driver.frame(placed), 0)
    assert asked == [lock] * 3
    housekeeping.tidy(spark, bronze_path(lake), "date < date'2024-01-01'", 168)
    assert asked == [lock] * 4
    driver.close()
