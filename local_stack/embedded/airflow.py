"""Airflow on this machine: its environment, and one run of a DAG."""

import json
import os
import secrets
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from embedded.bigquery import PROJECT
from embedded.dag_failure import cause
from embedded.environments import environment, program
from embedded.errors import StackError
from embedded.java import spark_jars
from embedded.places import REPOSITORY, RunFolder, cache
from embedded.processes import Supervisor
from embedded.stream_job import spark_environment

DAGS = REPOSITORY / "composer_dags"


def airflow_environment(
    folder: RunFolder,
    bigquery: str,
    dsn: str,
    backfill_url: str = "",
    replay_url: str = "",
) -> dict[str, str]:
    """Return the environment of every Airflow process of a run: target, addresses, settings."""
    home = folder.root / "airflow"
    dbt_bin = Path(program("dbt", "dbt")).parent
    connection = {
        "conn_type": "google_cloud_platform",
        "extra": {"is_anonymous": True, "project": PROJECT},
    }
    return {
        **spark_environment(),
        "PYTHONPATH": os.pathsep.join(
            str(REPOSITORY / name) for name in ("composer_dags", "functions", "dataproc_jobs")
        ),
        "PATH": os.pathsep.join([str(dbt_bin), os.environ.get("PATH", "")]),
        "COINCAP_TARGET": "local",
        "COINCAP_REPO": str(REPOSITORY),
        "COINCAP_PROJECT": PROJECT,
        "COINCAP_LAKE": str(folder.lake),
        "COINCAP_POSTGRES_DSN": dsn,
        "COINCAP_SPARK_SUBMIT": program("spark", "spark-submit"),
        "COINCAP_SPARK_JARS": ",".join(str(jar) for jar in spark_jars()),
        "COINCAP_DBT": program("dbt", "dbt"),
        "COINCAP_DBT_TARGET_PATH": str(folder.root / "dbt"),
        "COINCAP_BACKFILL_URL": backfill_url,
        "COINCAP_REPLAY_URL": replay_url,
        "BIGQUERY_EMULATOR_HOST": bigquery,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "2",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "utc",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(folder.logs / "airflow"),
        # A scheduled run's window is the time since the last one; Airflow 3 alone has none.
        "AIRFLOW__SCHEDULER__CREATE_CRON_DATA_INTERVALS": "True",
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AIRFLOW_CONN_GOOGLE_CLOUD_DEFAULT": json.dumps(connection),
        "DO_NOT_TRACK": "1",
        "TZ": "UTC",
    }


def secret_settings(folder: RunFolder) -> dict[str, str]:
    """Return the secrets that Airflow's processes share, made new in each run's folder."""
    file = folder.root / "airflow" / "secrets.json"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        names = ("AIRFLOW__API_AUTH__JWT_SECRET", "AIRFLOW__API__SECRET_KEY")
        file.touch(0o600)
        file.write_text(json.dumps({name: secrets.token_hex(32) for name in names}))
    return json.loads(file.read_text())


def prepare_database(folder: RunFolder, env: dict[str, str]) -> None:
    """Give the run a migrated metadata database: a copy of one migrated once per version."""
    model = cache() / "airflow" / f"{environment('airflow').name}.db"
    model.parent.mkdir(parents=True, exist_ok=True)
    home = folder.root / "airflow"
    home.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{model}.lock"):
        if not model.exists():
            partial = model.with_suffix(".partial")
            partial.unlink(missing_ok=True)
            settings = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{partial}"}
            done = subprocess.run(
                [program("airflow", "airflow"), "db", "migrate"],
                env={**os.environ, **env, **settings},
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                lines = done.stderr.strip().splitlines() or ["no message"]
                raise StackError(f"airflow db migrate failed: {lines[-1]}")
            partial.replace(model)
    shutil.copy(model, home / "airflow.db")


@dataclass(frozen=True)
class DagRun:
    """What one run of a DAG did: tasks (name to seconds) and dbt's results."""

    seconds: float
    tasks: dict[str, float]
    dbt: dict[str, int]


def run_dag(supervisor: Supervisor, env: dict[str, str], dag_id: str, conf: dict) -> DagRun:
    """Run one DAG to its end with ``airflow dags test``; return what ran.

    Raises StackError where it fails or no task ran (a date before start_date ends "well"); the
    message names the task and says what the task's own error says.
    """
    folder, now = supervisor.folder, datetime.now(UTC).replace(microsecond=0)
    log = folder.logs / f"dag-{dag_id}.log"
    before = log.stat().st_size if log.exists() else 0
    command = [program("airflow", "airflow"), "dags", "test", dag_id, now.isoformat()]
    run = supervisor.start(
        f"dag-{dag_id}",
        [*command, "--conf", json.dumps(conf)],
        env={**env, **secret_settings(folder)},
        cwd=folder.root,
    )
    code = run.process.wait()
    supervisor.stop(run)
    took = (datetime.now(UTC) - now).total_seconds()
    tasks, failed = _tasks(folder, dag_id)
    if code or failed or not tasks:
        what = f"task {failed[0]} failed" if failed else f"it ended with {code}, no task ran"
        said = log.read_bytes()[before:].decode("utf-8", "replace")
        why = cause(said) or run.tail()
        raise StackError(f"DAG {dag_id}: {what}: {why} (whole log: {run.log})")
    return DagRun(took, tasks, dbt_results(folder.root / "dbt" / dag_id))


def _tasks(folder: RunFolder, dag_id: str) -> tuple[dict[str, float], list[str]]:
    with closing(sqlite3.connect(folder.root / "airflow" / "airflow.db")) as database:
        rows = database.execute(
            "select task_id, state, coalesce(duration, 0) from task_instance where dag_id = ? "
            "and run_id = (select run_id from dag_run where dag_id = ? order by id desc limit 1)",
            [dag_id, dag_id],
        ).fetchall()
    return {name: took for name, state, took in rows if state == "success"}, [
        name for name, state, _ in rows if state == "failed"
    ]


def dbt_results(folder: Path) -> dict[str, int]:
    """Return how many models, snapshots, seeds and tests ran, and how many of each passed."""
    file = folder / "run_results.json"
    if not file.exists():
        return {}
    counts: dict[str, int] = {}
    for result in json.loads(file.read_text())["results"]:
        kind = result["unique_id"].split(".")[0].replace("unit_test", "test") + "s"
        if kind == "exposures":
            continue
        passed = result["status"] in ("success", "pass")
        counts[kind] = counts.get(kind, 0) + 1
        counts[f"{kind}_passed"] = counts.get(f"{kind}_passed", 0) + passed
    return counts
