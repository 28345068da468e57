"""What a user can do wrong: one line that names it and the way out, exit code 2, nothing left."""

import os
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def one_line(done):
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith(("✓", "installing"))]
    assert done.returncode == 2, lines
    assert len(lines) == 1, lines
    assert lines[0].startswith("error: ")
    return lines[0]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--minuets", "3"], "--minuets"),
        (["--minutes", "0"], "--minutes"),
        (["--minutes", "soon"], "soon"),
        (["--replay", "/no/such/folder"], "/no/such/folder"),
        (["--data-dir", "/proc/demo"], "/proc/demo"),
    ],
)
def test_a_wrong_option_is_one_line(arguments, named, demo):
    assert named in one_line(demo(*arguments))


def test_a_replay_folder_without_captures_is_named(tmp_path, demo):
    line = one_line(demo("--replay", tmp_path, "--data-dir", tmp_path / "data"))
    assert str(tmp_path) in line
    assert "no *.json" in line


def test_a_folder_with_something_of_others_in_it_is_refused_and_left_alone(tmp_path, demo):
    theirs = tmp_path / "thesis.txt"
    theirs.write_text("three years of work")
    line = one_line(demo("--data-dir", tmp_path, "--minutes", 1))
    assert str(tmp_path) in line
    assert "not empty and not of this demo" in line
    assert [child.name for child in tmp_path.iterdir()] == ["thesis.txt"]
    assert theirs.read_text() == "three years of work"


def test_a_folder_of_an_earlier_run_is_emptied_but_for_its_lock_and_marker(tmp_path):
    from embedded import own_folder
    from embedded.places import RunFolder

    folder, elsewhere = RunFolder(tmp_path / "data"), tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    own_folder.mark(folder)
    (folder.root / "lock").touch()
    (folder.root / "logs").mkdir()
    (folder.root / "link").symlink_to(elsewhere)
    own_folder.empty(folder)
    assert {child.name for child in folder.root.iterdir()} == {"lock", own_folder.MARKER}
    assert (elsewhere / "kept").exists()


@pytest.mark.parametrize("option", ["--replay", "--export"])
def test_a_folder_inside_the_one_that_is_emptied_is_refused(option, tmp_path, demo):
    inside = tmp_path / "data" / "inside"
    inside.mkdir(parents=True)
    (inside / "assets.json").write_text("{}")
    line = one_line(demo("--data-dir", tmp_path / "data", option, inside))
    assert f"{option} {inside} is inside --data-dir" in line
    assert (inside / "assets.json").exists()


def test_a_java_of_another_version_is_named(tmp_path):
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(0o755)
    from embedded.errors import StackError
    from embedded.java import _version, java_home

    assert _version(tmp_path) == 11
    java_home.cache_clear()
    os.environ["COINCAP_JAVA_HOME"] = str(tmp_path)
    try:
        with pytest.raises(StackError, match="is Java 11, 17 is needed; unset it"):
            java_home()
    finally:
        del os.environ["COINCAP_JAVA_HOME"]
        java_home.cache_clear()


def test_a_folder_in_use_is_named(tmp_path, demo):
    from filelock import FileLock

    from embedded import own_folder
    from embedded.places import RunFolder

    own_folder.mark(RunFolder(tmp_path))
    with FileLock(tmp_path / "lock"):
        line = one_line(demo("--data-dir", tmp_path, "--minutes", 1))
    assert "in use by another run" in line


def test_too_little_memory_is_named(tmp_path, monkeypatch):
    from types import SimpleNamespace

    from embedded import options
    from embedded.errors import StackError
    from embedded.places import RunFolder

    little = SimpleNamespace(available=2 * options.GIB)
    monkeypatch.setattr(options.psutil, "virtual_memory", lambda: little)
    monkeypatch.setattr(options.psutil, "swap_memory", lambda: SimpleNamespace(free=0))
    with pytest.raises(StackError, match=r"2\.0 GiB of memory are free, a run needs 4 GiB"):
        options.Options(RunFolder(tmp_path)).check()


def test_a_plan_that_a_kept_live_run_does_not_know_is_named(tmp_path, demo):
    env = {"COINCAP_API_KEY": "not-a-key", "COINCAP_PLAN": "huge"}
    line = one_line(demo("--data-dir", tmp_path, "--keep", env=env))
    assert "COINCAP_PLAN='huge': use one of free, small, large" in line


def test_packages_out_of_reach_are_named(tmp_path, monkeypatch):
    from embedded import environments
    from embedded.errors import StackError

    folder = tmp_path / "dbt"
    folder.mkdir()
    (folder / "requirements.txt").write_text("no-such-package-anywhere==1.0 --hash=sha256:00\n")
    monkeypatch.setattr(environments, "REPOSITORY", tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(StackError, match=r"cannot install dbt/requirements\.txt.*check the"):
        environments.environment("dbt")


def test_of_two_that_want_jars_at_once_one_fetches_them(tmp_path, monkeypatch):
    """jgo takes jars away and puts them back, and the other's JVM may have them open."""
    from embedded import java

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    both, fetches = threading.Barrier(2), []

    def fetch(endpoint, folder):
        fetches.append(endpoint)
        time.sleep(0.5)
        folder.mkdir(parents=True)
        (folder / "a.jar").touch()
        return [folder / "a.jar"]

    def want(_):
        both.wait(10)
        return java.jars("thing", "org.thing:thing:1")

    monkeypatch.setattr(java, "_fetched", fetch)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(want, range(2))
    assert first == second == [tmp_path / "coincap-pipeline" / "jars" / "thing" / "a.jar"]
    assert fetches == ["org.thing:thing:1"]


def test_a_live_run_says_its_price_and_needs_a_yes(tmp_path, demo):
    done = demo("--data-dir", tmp_path, "--minutes", 2, env={"COINCAP_API_KEY": "not-a-key"})
    assert done.returncode == 2
    assert "credits" in done.stdout
    assert "--yes" in done.stdout
    assert "not-a-key" not in done.stdout + done.stderr


def test_a_component_that_dies_is_named_with_its_last_line(tmp_path):
    from embedded.errors import StackError
    from embedded.places import RunFolder
    from embedded.processes import Supervisor

    supervisor = Supervisor(RunFolder(tmp_path))
    code = "import sys; print('FATAL: the port 5 is taken'); sys.exit(3)"
    component = supervisor.start("thing", [sys.executable, "-c", code])
    with pytest.raises(StackError, match=r"thing ended with 3: FATAL: the port 5 is taken"):
        supervisor.wait_ready(component, lambda: False)


def test_a_machine_without_uv_uses_the_one_that_the_scripts_install(tmp_path):
    """They put it into a folder of their own; what they start must find it there too."""
    own = tmp_path / "coincap-pipeline" / "uv" / "bin" / "uv"
    own.parent.mkdir(parents=True)
    own.write_text("#!/bin/sh\necho called >&2; exit 3\n")
    own.chmod(0o755)
    making = "from embedded.environments import environment as e; e('dbt')"
    script = f'source "{ROOT}/local_stack/bootstrap"; "{sys.executable}" -c "{making}"'
    done = subprocess.run(
        [shutil.which("bash"), "-c", script],
        env={"PATH": "/nowhere", "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path),
             "PYTHONPATH": str(ROOT / "local_stack")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "cannot install dbt/requirements.txt: called; check the network" in done.stderr
