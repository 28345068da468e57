"""One factory per kind of work; each renders Dataproc or spark-submit, BigQuery or emulator.

Google's and Airflow's own classes are imported inside the branch that needs them, so that a
DAG file costs little to parse.
"""

import shlex
from datetime import timedelta

from coincap_dags.target import Target, current

RETRY = {"retries": 2, "retry_delay": timedelta(seconds=30), "retry_exponential_backoff": True}
ALONE = {"pool": "default_pool", "pool_slots": 65}
"""For every task that writes the lake's tables or the warehouse, whichever DAG it is in: they share
``state/batch``, the tables and dbt's temporary names, and max_active_runs counts per DAG.

Two of them do not fit into the default pool, of 128 slots in each Airflow, so one runs at a time,
and half of the pool stays for tasks that only call a function. A pool of one slot would say it
more plainly, but nothing in Terraform makes a pool on Composer, and a task of a pool that is
missing waits for ever.
"""
LOCAL_SPARK = {"spark.sql.shuffle.partitions": "4", "spark.ui.enabled": "false"}
LOOPBACK = {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
"""Where the driver is its own executor, nobody else has to reach it."""
LOCAL_JAVA = "-XX:+UseParallelGC -XX:NewRatio=1"
"""Decimals are objects that live for one row: half of the heap for the young."""
PACKAGES = "packages.zip"
"""What Terraform puts beside the drivers: coincap, coincap_jobs and coincap_batch."""


def spark_job(task_id: str, driver: str, arguments: list[str], *, target: Target | None = None,
              **common):  # fmt: skip
    """Return the task that runs ``dataproc_jobs/<driver>.py`` with templated arguments."""
    target = target or current()
    options = {**RETRY, **ALONE, "execution_timeout": timedelta(minutes=45), **common}
    if target.on_gcp:
        return _dataproc(task_id, driver, arguments, target, options)
    return _spark_submit(task_id, driver, arguments, target, options)


def dbt_build(task_id: str, *, select: str = "", target: Target | None = None, **common):
    """Return the task that runs ``dbt build``, of everything or of a selection.

    Unit tests are left out: they test the code, not the data, and belong to the tests.
    """
    words = "build --exclude-resource-type unit_test" + (f" --select {select}" if select else "")
    return dbt(task_id, words, target=target, **common)


def dbt(task_id: str, words: str, *, target: Target | None = None, **common):
    """Return the task that runs a dbt command.

    Logs and artefacts go to the DAG's folder under COINCAP_DBT_TARGET_PATH, or to a temporary one
    that goes with the task: the folder of the DAGs is overwritten by Composer's sync.
    """
    from airflow.providers.standard.operators.bash import BashOperator

    target = target or current()
    if target.dbt_target_path:
        folder = f'folder={shlex.quote(target.dbt_target_path)}/"{{{{ dag.dag_id }}}}"'
    else:
        folder = """folder="$(mktemp -d)"; trap 'rm -rf "$folder"' EXIT"""
    command = [target.dbt, *words.split(), "--project-dir", target.dbt_project]
    command += ["--profiles-dir", target.dbt_project, "--target", _dbt_target(target)]
    script = f'{folder}; mkdir -p "$folder"; cd "$folder" && {shlex.join(command)} '
    script += '--target-path "$folder" --log-path "$folder"'
    options = {"retries": 0, **ALONE, "execution_timeout": timedelta(minutes=30), **common}
    environment = {"DO_NOT_TRACK": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    return BashOperator(
        task_id=task_id, bash_command=script, env=environment, append_env=True, **options
    )


def _dbt_target(target: Target) -> str:
    return "gcp" if target.on_gcp else "emulator"


def _spark_submit(task_id, driver, arguments, target, options):
    from airflow.providers.standard.operators.bash import BashOperator

    words = [*submit_words(target), f"{target.jobs}/{driver}.py"]
    # Arguments are quoted after rendering would be too late: double quotes hold a template.
    command = " ".join([shlex.join(words), *(f'"{argument}"' for argument in arguments)])
    environment = {"PYTHONPATH": target.python_path, "PYSPARK_PYTHON": _python_of(target)}
    return BashOperator(
        task_id=task_id, bash_command=command, env=environment, append_env=True, **options
    )


def submit_words(target: Target) -> list[str]:
    """Return the spark-submit command of a laptop up to the application's file."""
    words = [target.spark_submit, "--master", target.spark_master]
    words += ["--driver-memory", target.spark_memory, "--driver-java-options", LOCAL_JAVA]
    words += ["--jars", target.spark_jars] if target.spark_jars else []
    settings = LOCAL_SPARK | (LOOPBACK if target.spark_master.startswith("local") else {})
    return [*words, *(w for name, value in settings.items() for w in ("--conf", f"{name}={value}"))]


def _python_of(target: Target) -> str:
    """Return the interpreter beside spark-submit: Spark and its Python are one environment."""
    folder, _, _ = target.spark_submit.rpartition("/")
    return f"{folder}/python" if folder else "python3"


def _dataproc(task_id, driver, arguments, target, options):
    from airflow.providers.google.cloud.operators.dataproc import DataprocSubmitJobOperator

    job = {
        "reference": {
            "project_id": target.project,
            "job_id": f"{task_id.replace('_', '-')}-{{{{ run_id | replace(':', '-') | "
            "replace('+', '-') | replace('.', '-') }}-{{ ti.try_number }}",
        },
        "placement": {"cluster_name": target.cluster},
        "pyspark_job": {
            "main_python_file_uri": f"{target.jobs}/{driver}.py",
            "python_file_uris": [f"{target.jobs}/{PACKAGES}"],
            "args": arguments,
        },
        "labels": {"pipeline": "coincap"},
    }
    return DataprocSubmitJobOperator(
        task_id=task_id, project_id=target.project, region=target.region, job=job,
        # A task that defers gives its slots back while its job goes on: another could start.
        deferrable=False, **options,
    )  # fmt: skip
