"""Living with a kept stack: what is left of one is told and ended, whatever happened to it."""

import json
import os
import socket
import sys
import time

import psutil
import psycopg
import pytest
from rich.console import Console

from embedded import health, own_folder, status
from embedded.errors import StackError
from embedded.identity import boot
from embedded.kept import Kept, kept, running
from embedded.places import RunFolder
from embedded.processes import Supervisor
from embedded.remembered import end_remembered, remembered

READY = Kept("2026-01-01T12:00:00Z", boot(), True, components=["sleeper", "gone"])


@pytest.fixture
def folder(tmp_path):
    folder = RunFolder(tmp_path)
    own_folder.mark(folder)
    yield folder
    end_remembered(folder)


@pytest.fixture
def sleeper(folder):
    code = "import time; print('up', flush=True); time.sleep(600)"
    supervisor = Supervisor(folder, keep=True)
    made = supervisor.start("sleeper", [sys.executable, "-c", code])
    return supervisor.wait_ready(made, lambda: "up" in made.log.read_text())


def told(folder):
    console = Console(width=100, record=True, file=open(os.devnull, "w"))  # noqa: SIM115
    code = status.show(folder, console)
    return code, console.export_text()


@pytest.fixture
def here(demo, folder):
    return lambda *arguments: demo(*arguments, "--data-dir", folder.root, seconds=120)


def test_half_a_stack_is_named_and_ended(folder, sleeper, here):
    Kept("2026-01-01T12:00:00Z", boot()).save(folder)
    code, text = told(folder)
    assert code == 1
    assert "half a stack" in text
    assert "demo stop" in text
    with pytest.raises(StackError, match="cut off half way"):
        running(folder)
    done = here("stop")
    assert done.stdout.strip() == "ended: sleeper"
    assert sleeper.process.wait(10) is not None
    assert kept(folder) is None


def test_a_new_run_beside_what_is_left_is_refused_with_the_way_out(folder, sleeper, here):
    done = here("--minutes", "1")
    assert done.returncode == 2
    said = " ".join((done.stdout + done.stderr).split())
    assert "sleeper of an earlier --keep still run; end them with ./local_stack/demo stop" in said


def test_a_component_that_ended_is_named_with_its_last_line(folder, sleeper):
    READY.save(folder)
    (folder.logs / "gone.log").write_text("started\nFATAL: the disk is full\n")
    code, text = told(folder)
    assert code == 1
    assert "gone ended: FATAL: the disk is full" in text
    assert "demo logs gone" in text


def test_a_component_that_works_is_ok_and_counted(folder, sleeper):
    Kept(**{**READY.__dict__, "components": ["sleeper"]}).save(folder)
    code, text = told(folder)
    assert code == 0
    (line,) = [line for line in text.splitlines() if line.startswith("sleeper")]
    assert line.split()[-1] == "ok"
    assert float(line.split()[1]) > 0


def test_pid_files_of_a_machine_that_was_restarted_are_no_stack(folder, here):
    folder.pids.mkdir()
    stale = {"pid": os.getpid(), "started": "another boot 5", "address": "", "log": "", "order": 1}
    (folder.pids / "kafka.json").write_text(json.dumps(stale))
    Kept("2026-01-01T12:00:00Z", "another boot", True).save(folder)
    code, text = told(folder)
    assert code == 1
    assert "the machine was restarted" in text
    assert remembered(folder) == []
    done = here("stop")
    assert done.stdout.strip() == "ended: nothing was running"


def test_a_clock_that_is_set_hides_no_stack(folder, sleeper, here, monkeypatch):
    """After a sleep, or by NTP, the wall time of the boot moves; the processes are the same."""
    READY.save(folder)
    moved = psutil.boot_time() + 5000
    monkeypatch.setattr(psutil._psplatform, "boot_time", lambda: moved)
    monkeypatch.setattr(psutil._psplatform, "BOOT_TIME", moved, raising=False)
    monkeypatch.setattr(psutil, "boot_time", lambda: moved)
    assert abs(psutil.Process().create_time() - time.time()) > 1000, "the clock was not moved"
    assert [name for name, _ in remembered(folder)] == ["sleeper"]
    assert not kept(folder).before_this_boot
    assert end_remembered(folder) == ["sleeper"]


def test_a_pid_file_cut_off_while_it_was_written_does_no_harm(folder, sleeper):
    (folder.pids / "kafka.json").write_text('{"pid": 12')
    assert [name for name, _ in remembered(folder)] == ["sleeper"]


def test_a_record_that_cannot_be_read_is_none(folder):
    (folder.root / "stack.json").write_text("{")
    assert kept(folder) is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["psql", "-c", "select 1"], "nothing runs in"),
        (["bq", "select 1"], "nothing runs in"),
        (["topics"], "nothing runs in"),
        (["logs", "kafka"], "no log of 'kafka'"),
        (["lgos"], "No such command 'lgos'"),
    ],
)
def test_a_command_that_cannot_be_done_is_one_line(folder, arguments, said, here):
    done = here(*arguments)
    assert done.returncode == 2
    lines = (done.stdout + done.stderr).strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert said in lines[0]


def test_logs_shows_the_end_of_a_log(folder, here):
    folder.logs.mkdir()
    (folder.logs / "kafka.log").write_text("\n".join(map(str, range(100))) + "\n")
    assert here("logs", "kafka", "-n", "2").stdout.split() == ["98", "99"]


def test_a_silent_component_says_so_in_a_few_words():
    word, why = health.health("kafka", "127.0.0.1:1", READY)
    assert word == "silent"
    assert "refused" in why


def test_a_sleep_of_the_machine_is_told(folder):
    folder.logs.mkdir()
    (folder.logs / "poller.log").write_text(
        '{"endpoint": "assets"}\nthe clock jumped 31 min ahead (the machine slept?): …\n{}\n'
    )
    assert health.slept(folder).startswith("the clock jumped 31 min")


def test_a_component_that_ends_by_itself_while_others_are_ended_does_no_harm(folder, sleeper):
    facts = dict(remembered(folder))
    sleeper.process.kill()
    sleeper.process.wait()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("embedded.remembered.remembered", lambda _: list(facts.items()))
        assert end_remembered(folder) == ["sleeper"]
    assert not list(folder.pids.iterdir())


def half_dead(folder, silent=None):
    """Return a stack whose components are away: nobody listens, or somebody who never answers."""
    address = f"127.0.0.1:{silent.getsockname()[1] if silent else 1}"
    dsn = f"host=127.0.0.1 port={address.rpartition(':')[2]} user=x dbname=x connect_timeout=2"
    facts = {"dsn": dsn, "bootstrap": address, "warehouse": f"http://{address}"}
    found = Kept(**{**READY.__dict__, **facts})
    found.save(folder)
    return found


@pytest.fixture
def quick(monkeypatch):
    from embedded import lag

    for name in lag.PATIENCE:
        monkeypatch.setitem(lag.PATIENCE, name, 1000)


def test_a_warehouse_that_is_away_is_one_line(folder, sleeper, here):
    half_dead(folder)
    for words in (["bq"], ["bq", "select 1"]):
        done = here(*words)
        (line,) = (done.stdout + done.stderr).strip().splitlines()
        assert done.returncode == 2
        assert line.startswith("error: component bigquery does not answer: ")
        assert line.endswith("; see ./local_stack/demo status")


def test_a_broker_or_database_that_is_away_is_one_line(folder, quick, monkeypatch):
    from embedded import contents

    stack, console = half_dead(folder), Console(file=open(os.devnull, "w"))  # noqa: SIM115
    with pytest.raises(StackError, match=r"^component kafka does not answer: .*demo status$"):
        contents.topics_table(stack, console)
    monkeypatch.setattr(contents, "_topics", lambda _: psycopg.connect(stack.dsn))
    with pytest.raises(StackError, match=r"^component postgres does not answer: .*demo status$"):
        contents.topics_table(stack, console)


def test_a_component_that_stands_still_is_not_waited_for(folder, quick, monkeypatch):
    from embedded import contents

    monkeypatch.setattr(health, "PATIENCE_S", 1)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(50)
        stack = half_dead(folder, silent)
        with pytest.raises(StackError, match="component kafka does not answer"):
            contents.topics_table(stack, None)
        with pytest.raises(StackError, match="component bigquery does not answer: timed out"):
            contents.warehouse(stack, None, False, None)
