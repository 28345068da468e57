"""The health command: one line, and an exit code that a supervisor understands."""

import time

import pytest
from harness import Driver, Ends, ends, in_partitions, market, message

import health
from coincap_jobs.database import connect
from coincap_jobs.lag import Watch, serve_done

OWNER = (7, "host:1", "2024-10-17 12:30:00+00", 900.0)


@pytest.fixture
def say(postgres, capsys):
    """Run the command; return its exit code and its one line."""

    def run(*arguments):
        code = health.main(["--postgres", postgres.dsn, *arguments])
        out = capsys.readouterr().out
        assert out.count("\n") == 1
        return code, out.strip()

    return run


@pytest.fixture
def watched(spark, postgres):
    """A serving driver and the watch over it."""
    driver, kafka = Driver(spark, postgres.dsn), Ends()
    start = {"coincap.markets": {0: 0, 1: 0}}
    done = {"serve": serve_done(driver.serve.topic_ids)}
    watch = Watch(kafka, start, driver.ownership.epoch, done)
    with connect(postgres.dsn, "watch") as side:
        driver.watch = lambda: watch.measure(side)
        driver.kafka = kafka
        yield driver
    driver.close()


def test_a_stream_is_healthy_while_it_has_done_all(watched, say):
    code, line = say()
    assert (code, "just started" in line) == (1, True)
    placed = in_partitions([message("markets", market()), message("markets", market("kraken"))])
    watched.kafka.ends = {"coincap.markets": {0: 0, 1: 0}} | ends(placed)
    watched.process(placed, 1)
    watched.watch()
    # The poll is of 2024; what matters is that nothing waits.
    code, line = say()
    assert code == 0
    assert line.startswith("serve behind by 0 s (0 messages); heartbeat")
    watched.kafka.ends = {"coincap.markets": {0: 5, 1: 5}}
    (lag,) = watched.watch().lags
    assert lag.offsets == 8
    assert lag.seconds < 600
    assert say("--max-behind-s", "600")[0] == 0
    code, line = say("--max-behind-s", "-1")
    assert (code, "(8 messages)" in line, "limits: behind -1 s" in line) == (1, True, True)


def test_a_backlog_of_which_nothing_is_done_is_unhealthy(watched, say):
    watched.kafka.ends = {"coincap.markets": {0: 3, 1: 0}}
    assert watched.watch().lags[0].seconds is None
    code, line = say()
    assert code == 1
    assert line.startswith("serve behind by an unknown time (3 messages)")


def test_a_stream_that_is_not_running_is_said_to_be(watched, say):
    watched.kafka.ends = {"coincap.markets": {0: 0, 1: 0}}
    watched.watch()
    watched.close()
    # The server lets the lock go a moment after the connection is closed.
    deadline = time.monotonic() + 30
    while say()[0] == 0 and time.monotonic() < deadline:
        time.sleep(0.1)
    code, line = say()
    assert code == 1
    assert line.startswith("the stream is not running (epoch 1, ")
    assert "control.py submit" in line


def test_a_stream_that_was_never_started_is_said_to_be(say):
    code, line = say()
    assert code == 1
    assert line.startswith("the stream is not running (never started)")


def test_a_driver_without_a_heartbeat_hangs():
    rows = [("serve", 500.0, 0, 0.0), ("archive", 500.0, 0, 0.0)]
    code, line = health.judge(True, OWNER, rows, 120, 60)
    assert code == 1
    assert line.startswith("the stream hangs (epoch 7, host:1")
    assert "serve behind by 500 s" in line


@pytest.mark.parametrize("rows", [[], [("serve", 500.0, 0, 0.0)]])
def test_a_driver_without_a_heartbeat_yet_has_just_started_or_hangs(rows):
    code, line = health.judge(True, (*OWNER[:3], 20.0), rows, 120, 60)
    assert code == 1
    assert line.startswith("the stream has just started (epoch 7, host:1")
    code, line = health.judge(True, (*OWNER[:3], 70.0), rows, 120, 60)
    assert code == 1
    assert line.startswith("the stream hangs")


def test_a_database_out_of_reach_is_one_line(capsys):
    assert health.main(["--postgres", "host=127.0.0.1 port=1 dbname=none"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: PostgreSQL is out of reach")
    assert error.count("\n") == 1


def test_the_first_driver_of_all_has_just_started_before_it_is_the_owner():
    code, line = health.judge(True, (0, None, None, None), [], 120, 60)
    assert (code, "has just started" in line) == (1, True)
