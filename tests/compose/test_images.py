"""Images and small programs of the stack: built from what is there, clean, run as shown."""

import ast
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import first_start
import plan
import poller
import pytest
from stack_files import IMAGES, ROOT, STACK, program_in

DOCKERFILES = sorted(IMAGES.glob("*/Dockerfile"))
SCRIPTS = sorted(IMAGES.glob("*/*.sh"))


def instructions(path: Path) -> list[str]:
    text = re.sub(r"\\\n\s*", " ", path.read_text("utf-8"))
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def imported(path: Path) -> set[str]:
    """Return the packages that a module imports, wherever in it."""
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    names = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in names}


def test_what_fetches_the_jars_has_its_packages_in_the_images():
    modules = [STACK / "embedded" / f"{name}.py" for name in ("java", "errors", "places")]
    needed = set().union(*map(imported, [IMAGES / "jars.py", *modules]))
    wanted = (IMAGES / "requirements.in").read_text("utf-8")
    given = set(re.findall(r"^(\w+)", wanted, re.M))
    assert needed - sys.stdlib_module_names - {"embedded"} == given


def test_there_is_an_image_for_each_kind_of_program():
    assert {path.parent.name for path in DOCKERFILES} == {
        "airflow", "bigquery", "bridge", "functions", "spark", "stack",
    }  # fmt: skip


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_hadolint_finds_nothing(path):
    done = subprocess.run(
        [program_in("hadolint"), str(path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_shellcheck_finds_nothing(path):
    done = subprocess.run(
        [program_in("shellcheck"), str(path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert path.stat().st_mode & 0o111, "not executable"


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_an_image_copies_what_exists_is_pinned_and_runs_as_nobody_special(path):
    stages, users = set(), []
    for line in instructions(path):
        words = line.split()
        if words[0] == "FROM":
            assert re.search(r":\d+\.\d+\S*$", words[1]) or words[1] in stages, line
            stages.add(words[-1])
        if words[0] == "COPY" and "--from" not in line:
            for source in (word for word in words[1:-1] if not word.startswith("--")):
                assert list(ROOT.glob(source)), f"{path.parent.name}: {source} is not there"
        if words[0] == "COPY" and "--from" in line:
            assert re.search(r"--from=(\w+)", line)[1] in stages
        if words[0] == "USER":
            users.append(words[1])
    assert users == ["10001"]
    assert re.match(r"# syntax=docker/dockerfile:\d+\.\d+\n", path.read_text("utf-8"))
    assert not re.search(r"\b(curl|wget|apt-get)\b", path.read_text("utf-8"))


def test_what_no_image_needs_is_kept_out_of_every_build(services):
    """Each is built from the root, where one .dockerignore holds for all."""
    contexts = {s["build"]["context"] for s in services.values() if "build" in s}
    assert {(STACK / context).resolve() for context in contexts} == {ROOT}
    kept_out = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert {".git", "build", "local_stack/.env"} <= set(kept_out)
    assert not list(IMAGES.rglob("*.dockerignore"))


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)
def test_the_base_is_the_python_that_everything_is_pinned_for(path):
    assert "FROM python:3.11." in path.read_text("utf-8")


def test_the_first_start_makes_every_secret_once_and_keeps_it(tmp_path):
    assert first_start.prepare(tmp_path, 16_000) == "passwords: 8 made, 0 kept"
    before = {name: (tmp_path / name).read_text() for name in first_start.TEXT}
    assert len(set(before.values())) == len(before)
    assert all(len(text) == 48 for text in before.values())
    assert first_start.prepare(tmp_path, 16_000) == "passwords: 0 made, 8 kept"
    assert before == {name: (tmp_path / name).read_text() for name in first_start.TEXT}
    assert (tmp_path / "pgpass").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "pgpass").read_text().strip().endswith(before["owner"])


def test_each_service_sees_the_passwords_that_it_needs_and_no_other(services, tmp_path):
    folder = tmp_path / "secrets"
    folder.mkdir()
    first_start.prepare(folder, 16_000)
    first_start.hand_out(folder, tmp_path)
    owner = (folder / "owner").read_text()
    for kind, names in first_start.SHARES.items():
        login = {"pgpass"} if kind in first_start.WRITERS else set()
        found = {file.name: file.read_text() for file in (tmp_path / kind).iterdir()}
        assert found.keys() == {*names, *login}
        assert not [name for name, text in found.items() if owner in text]
        if login:
            assert found["pgpass"].startswith("postgres:5432:*:coincap_writer:")
    seen = {
        name: mount.split(":")[0]
        for name, service in services.items()
        for mount in service.get("volumes", [])
        if mount.split(":")[1] == "/run/coincap/secrets"
    }
    assert {name for name, volume in seen.items() if volume == "secrets"} == {
        "first-start", "postgres", "migrate",
    }  # fmt: skip
    assert seen["grafana"] == "grafana-secrets"
    assert {seen[name] for name in ("stream", "spark-worker-1", "spark-worker-2")} == {
        "jobs-secrets"
    }
    assert {seen[name] for name in seen if name.startswith("airflow")} == {"airflow-secrets"}
    mounted = {mount.split(":")[0] for mount in services["first-start"]["volumes"]}
    assert mounted >= set(seen.values())
    for name in ("stream", "airflow-scheduler"):
        assert "user=market_owner" not in str(services[name]), name


def test_the_first_start_says_on_one_line_what_is_in_the_way(tmp_path):
    with pytest.raises(first_start.CannotStart, match="4,096 MiB of memory") as error:
        first_start.prepare(tmp_path, 4096)
    assert "\n" not in str(error.value)
    (tmp_path / "version").write_text("0")
    with pytest.raises(first_start.CannotStart, match="down --volumes"):
        first_start.prepare(tmp_path, 16_000)
    assert first_start.memory_mib("MemFree: 1 kB\nMemTotal: 8388608 kB\n") == 8192


def test_the_poller_calls_what_the_cadence_says():
    def every(plan: str, *at: int) -> list[int]:
        bodies = poller.due(poller.jobs(plan), datetime(*at, tzinfo=UTC))
        minutes = {str(job["sweeps"]): job.get("every_minutes") for job in poller.jobs(plan)}
        return [minutes[str(body["sweeps"])] for body in bodies]

    assert len(every("everything", 2024, 10, 17, 12, 7)) == 4
    assert every("free", 2024, 10, 17, 12, 0) == []
    assert every("free", 2024, 10, 17, 0, 0) == [1440]
    assert every("free", 2024, 10, 14, 0, 0) == [1440, 10080]  # a Monday
    assert every("free", 2024, 11, 1, 0, 0) == [1440, 44640]
    assert every("large", 2024, 10, 17, 12, 7) == [1]
    assert every("large", 2024, 10, 17, 13, 30) == [1, 2, 3, 5, 10, 15, 30]


LIVE = {"COINCAP_API_URL": "https://rest.coincap.io/v3"}
SIMULATED = {"COINCAP_API_URL": "http://simulator:8000/v3"}


@pytest.mark.parametrize(
    ("environment", "name", "cap"),
    [
        (SIMULATED, "everything", ""),
        (SIMULATED | {"COINCAP_PUBLISHER": "pubsub"}, "small", ""),
        (SIMULATED | {"COINCAP_PLAN": "large"}, "large", ""),
        (LIVE, "free", "4000"),
        ({}, "free", "4000"),
        (LIVE | {"COINCAP_PLAN": "small"}, "small", "500000"),
        (LIVE | {"COINCAP_CREDITS_PER_MONTH": "900"}, "free", "900"),
    ],
)
def test_a_live_api_is_polled_by_a_plan_that_is_paid_and_no_further(environment, name, cap):
    assert plan.chosen(environment) == name
    assert plan.budget(environment) == cap


@pytest.mark.parametrize("name", plan.SIMULATED_ONLY)
@pytest.mark.parametrize("url", [LIVE, {}, {"COINCAP_API_URL": "http://simulator.example.org/v3"}])
def test_what_only_the_simulator_bears_is_refused_for_a_live_api(name, url):
    environment = {**os.environ, **url, "COINCAP_PLAN": name, "COINCAP_FUNCTIONS_URL": "http://x",
                   "PYTHONPATH": f"{STACK}:{ROOT / 'functions'}:{IMAGES}"}  # fmt: skip
    if not url:
        environment.pop("COINCAP_API_URL", None)
    for command in (["poller.py"], ["functions/run.py", "true"]):
        done = subprocess.run(
            [sys.executable, IMAGES / command[0], *command[1:]],
            env=environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode != 0
        (line,) = done.stderr.splitlines()
        assert line.startswith(f"error: COINCAP_PLAN='{name}' is for the simulator alone")


def test_a_plan_that_is_none_is_named():
    with pytest.raises(ValueError, match="use one of everything, demo, free, small, large"):
        plan.chosen(SIMULATED | {"COINCAP_PLAN": "huge"})


def test_the_functions_and_the_poller_are_told_the_same_of_the_plan(services):
    poller_environment = services["poller"]["environment"]
    for name in ("function-poll", "function-backfill", "function-replay"):
        environment = services[name]["environment"]
        for variable in ("COINCAP_API_URL", "COINCAP_PLAN", "COINCAP_PUBLISHER"):
            assert environment[variable] == poller_environment[variable]
        assert "COINCAP_CREDITS_PER_MONTH" in environment
    dockerfile = (IMAGES / "functions" / "Dockerfile").read_text("utf-8")
    assert 'ENTRYPOINT ["python", "/opt/coincap/run.py"]' in dockerfile


def test_the_functions_image_hands_the_budget_on():
    environment = {**os.environ, **LIVE, "PYTHONPATH": f"{ROOT / 'functions'}:{IMAGES}"}
    done = subprocess.run(
        [sys.executable, IMAGES / "functions/run.py", "printenv", "COINCAP_CREDITS_PER_MONTH"],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "4000\n"


def test_a_minute_that_passed_during_a_long_sweep_is_made_up_for():
    calls = poller.jobs("free")
    before, now = (
        datetime(2024, 10, 31, 23, 59, tzinfo=UTC),
        datetime(2024, 11, 1, 0, 2, tzinfo=UTC),
    )
    assert poller.due(calls, now) == []
    assert poller.due(calls, now, before) == [{"sweeps": calls[n]["sweeps"]} for n in (0, 2)]
    assert poller.due(calls, now, now) == []


def test_a_start_of_the_poller_costs_little():
    assert len(poller.at_start(poller.jobs("everything"))) == 4
    for name in plan.cadences():
        first = poller.at_start(poller.jobs(name))
        assert sum(job["credits_per_run"] for job in first) <= 100
        assert len(poller.due(first, datetime(2024, 10, 17, 12, 7, tzinfo=UTC))) == 1


def test_the_poller_goes_on_after_a_call_that_fails(capsys):
    poller.tick("http://127.0.0.1:1", poller.jobs("everything"), datetime.now(UTC))
    assert len(capsys.readouterr().err.splitlines()) == 4


def test_logins_of_postgresql_match_the_first_start_and_the_migrations():
    text = (IMAGES / "postgres" / "10-logins.sh").read_text("utf-8")
    for name in re.findall(r"\$secrets/(\w+)", text):
        assert name in first_start.TEXT
    source = (STACK / "grafana/provisioning/datasources/postgresql.yaml").read_text("utf-8")
    assert "create role coincap_reader login" in text
    assert "user: coincap_reader" in source
    migrations = "".join(
        path.read_text("utf-8") for path in (ROOT / "dataproc_jobs/migrations").glob("*.sql")
    )
    assert "to market_reader" in migrations


def test_a_machine_that_slept_is_noticed_and_polled_once_for():
    clock = poller.Clock(wall=1000.0, steady=50.0)
    assert clock.jumped_s(1060.2, 110.0) == 0
    slept = clock.jumped_s(1060.2 + 1860, 110.0 + 60)
    assert round(slept) == 1800
    woke = datetime(2026, 1, 1, 12, 31, tzinfo=UTC)
    assert "30 min ahead" in poller.told(slept, woke)
    assert "12:31 UTC" in poller.told(slept, woke)
    assert clock.jumped_s(1060.2 + 1920, 110.0 + 120) == 0
    before = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
    assert len(poller.due(poller.jobs("demo"), woke, before)) == 4


def test_a_clock_that_was_put_back_does_not_stop_the_polls():
    clock = poller.Clock(wall=10_000.0, steady=0.0)
    back = clock.jumped_s(10_000.0 - 3600 + 60, 60.0)
    assert "60 min back" in poller.told(back, datetime(2026, 1, 1, 11, 1, tzinfo=UTC))
    before, now = (datetime(2026, 1, 1, hour, 1, tzinfo=UTC) for hour in (12, 11))
    assert [b["sweeps"][0]["endpoint"] for b in poller.due(poller.jobs("demo"), now, before)] == [
        "assets"
    ]
