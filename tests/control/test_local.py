"""The commands on this machine: a real stream, set back and started again."""

import json
import os
import sys
import time
from pathlib import Path

import psutil
import psycopg
import pytest
from harness import asset, market, message, tables
from kafka import KafkaProducer

import control
import health
from coincap_control.local import Local
from coincap_control.target import option
from coincap_jobs.errors import JobError

AT = "2024-10-17T12:31:00.000Z"


@pytest.fixture
def control_here(tmp_path, capsys):
    """Run a command on a state folder of this test's own; ends what it started."""
    from embedded.java import java_home, spark_jars

    environment = {"JAVA_HOME": str(java_home())}
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    jars = ",".join(str(jar) for jar in spark_jars())
    submit = str(Path(sys.executable).with_name("spark-submit"))
    state = tmp_path / "state"

    def run(*words):
        capsys.readouterr()
        options = ["--state", str(state), "--spark-submit", submit, "--jars", jars]
        code = control.main(["--target", "local", *options, *words])
        printed = capsys.readouterr()
        return code, (printed.out or printed.err).strip()

    run.state = state
    yield run
    Local(state, submit, jars).stop(5)
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


def publish(bootstrap):
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    for number in range(4):
        for each in (
            message("markets", market("control", price=f"{number + 1}.5"), AT, f"m-{number}"),
            message("assets", asset(f"control-{number}"), AT, f"a-{number}"),
            message("markets", market(price="NaN"), AT, f"bad-{number}"),
        ):
            headers = [(name, text.encode()) for name, text in each["headers"].items()]
            producer.send(each["topic"], each["value"], each["key"].encode(), headers)
    producer.close()


def until(holds, seconds=240):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.5)


def rows(dsn, query):
    with psycopg.connect(dsn) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.slow
def test_a_stream_is_submitted_stopped_set_back_and_restarted(
    control_here, postgres, kafka, tmp_path, capsys
):
    dsn, checkpoints = postgres.dsn, tmp_path / "checkpoints"
    publish(kafka.bootstrap)

    def caught_up():
        return health.main(["--postgres", dsn]) == 0

    arguments = [
        "--bootstrap", kafka.bootstrap, "--postgres", dsn, "--lake", str(tmp_path / "lake"),
        "--checkpoint", str(checkpoints), "--archive-s", "1", "--derive-s", "1",
    ]  # fmt: skip
    code, line = control_here("submit", "--", *arguments)
    assert (code, line.startswith("the stream is submitted (pid ")) == (0, True)
    assert control_here("status")[0] == 0
    until(caught_up)
    reference = tables(dsn)
    assert len([m for m in reference["markets"] if m["exchange_id"] == "control"]) == 1
    lags = rows(dsn, "select query, lag_offsets, newest_polled_at is not null "
                "from market.stream_lag where topic = 'coincap.markets' order by 1")  # fmt: skip
    assert lags == [("archive", 0, True), ("serve", 0, True)]
    assert rows(dsn, "select tick_window::text from market.stream_owner") == [("1 day",)]

    code, line = control_here("submit")
    assert (code, "already runs" in line) == (2, True)
    code, line = control_here("rewind", "--from-ledger")
    assert (code, line.endswith("stop it first: control.py stop")) == (2, True)
    assert control_here("stop") == (0, "the stream is stopped")
    assert control_here("status") == (1, "the stream has ended as asked")
    assert control_here("wait") == (0, "the stream has ended as asked")
    assert control_here("stop") == (0, "no stream runs")
    capsys.readouterr()
    assert health.main(["--postgres", dsn]) == 1
    assert capsys.readouterr().out.startswith("the stream is not running (epoch 1, ")

    # A database restored from a backup: older than the checkpoint.
    with psycopg.connect(dsn) as connection:
        connection.execute("update market.stream_offsets set next_offset = next_offset / 2")
        connection.execute("delete from market.markets")
    assert control_here("submit")[0] == 0
    code, line = control_here("wait", "--patience-s", "240")
    assert code == 1
    assert line.startswith("the stream has ended with exit code 2: checkpoint ")
    assert "is ahead of the ledger" in line
    assert "control.py rewind --from-ledger" in line
    code, line = control_here("rewind", "--from-ledger")
    assert (code, line.startswith("checkpoints are now in ")) == (0, True)
    (kept,) = tmp_path.glob("checkpoints.before-*")
    assert (kept / "serve" / "offsets").exists()
    assert not checkpoints.exists()

    # Raising the ledger would lose messages; the stream stays stopped and the ledger as it was.
    (known,) = rows(dsn, "select partition_id, next_offset from market.stream_offsets "
                    "where topic = 'coincap.markets' and next_offset > 0 limit 1")  # fmt: skip
    place = f"coincap.markets:{known[0]}"
    code, line = control_here("rewind", "--from-offsets", f"{place}={known[1] + 3}")
    assert code == 2
    assert f"{known[1] + 3} lies 3 messages after the ledger's {known[1]}" in line
    assert rows(dsn, "select count(*) from market.stream_rewinds") == [(0,)]

    code, lines = control_here("restart", "--from-offsets", f"{place}=0")
    assert code == 0
    assert f"{place} {known[1]} -> 0; there were no checkpoints" in lines
    until(caught_up)
    assert tables(dsn)["market_ticks"] == reference["market_ticks"]
    ledger = rows(dsn, "select from_offset, to_offset, accepted_gap from market.stream_rewinds")
    assert ledger == [(known[1], 0, False)]
    # Everything from the lowered offset on came again; what lies before it was not asked for.
    assert len(tables(dsn)["dead_letters"]) == len(reference["dead_letters"])

    pid = json.loads((control_here.state / "stream.json").read_text())["pid"]
    for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        process.kill()
    until(lambda: control_here("status")[0] == 1, 20)
    code, line = control_here("status")
    assert line.startswith("the stream has ended with exit code unknown: killed")


def test_a_pid_that_another_program_has_by_now_is_not_the_stream(tmp_path):
    facts = {"pid": os.getpid(), "started": psutil.Process().create_time() - 60, "arguments": ["x"]}
    (tmp_path / "stream.json").write_text(json.dumps(facts))
    here = Local(tmp_path, "spark-submit", "")
    assert here.stop(1) == "no stream runs"
    assert here.status().code == 1
    facts["started"] += 60
    (tmp_path / "stream.json").write_text(json.dumps(facts))
    assert here.status().line.startswith(f"the stream runs: pid {os.getpid()}")


def test_nothing_submitted_is_said(control_here):
    assert control_here("status") == (1, "no stream was ever submitted here")
    code, line = control_here("submit")
    assert (code, line.startswith("error: nothing was submitted yet")) == (2, True)
    assert control_here("rewind", "--from-ledger")[0] == 2


def test_options_are_found_in_either_form():
    assert option(["--postgres", "dsn", "--x"], "--postgres") == "dsn"
    assert option(["--checkpoint=gs://b/c"], "--checkpoint") == "gs://b/c"
    with pytest.raises(JobError, match="has no --postgres"):
        option(["--postgres"], "--postgres")
