"""Airflow's own services for a kept stack: web pages, scheduler, DAG processor."""

import json
import urllib.request

from embedded.airflow import secret_settings
from embedded.environments import program
from embedded.processes import Component, Supervisor, free_port

SCHEDULED = ("market_batch", "reconcile")
"""The DAGs that run from the start. The daily ones stay paused: Airflow would make up for their
last day at once, with a Spark driver each, just when somebody begins to look around.
"""
SETTINGS = {
    # One task at a time: two Spark drivers side by side would double the memory.
    "AIRFLOW__CORE__PARALLELISM": "1",
    "AIRFLOW__API__WORKERS": "1",
    "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "5",
    # A laptop that is busy for half a minute is not ill.
    "AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC": "20",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "120",
}


def start_airflow(supervisor: Supervisor, env: dict[str, str]) -> str:
    """Start them and wait until all are healthy; return the address of the pages.

    They listen on loopback and ask for no login. The hourly DAGs run by their own schedule, one
    task at a time.
    """
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    mine = {
        **env,
        **secret_settings(supervisor.folder),
        **SETTINGS,
        "AIRFLOW__API__BASE_URL": address,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{address}/execution/",
    }
    api = _start(
        supervisor, "airflow-api", ["api-server", "--host", "127.0.0.1", "--port", str(port)], mine
    )
    api.address = address
    # Its log server would listen on every interface; the pages read the files themselves.
    _start(supervisor, "airflow-scheduler", ["scheduler", "--skip-serve-logs"], mine)
    _start(supervisor, "airflow-dags", ["dag-processor"], mine)
    supervisor.wait_ready(api, lambda: _healthy(address), 180)
    supervisor.remember(api)
    for dag in SCHEDULED:
        patch(address, f"dags/{dag}", {"is_paused": False})
    return address


def health(address: str) -> dict:
    """Return what Airflow says of its parts: {"scheduler": {"status": "healthy", …}, …}."""
    with urllib.request.urlopen(f"{address}/api/v2/monitor/health", timeout=10) as answer:
        return json.load(answer)


def patch(address: str, path: str, change: dict) -> None:
    """Change something through Airflow's API: a DAG (dags/NAME), a run (dags/NAME/dagRuns/ID)."""
    with urllib.request.urlopen(f"{address}/auth/token", timeout=10) as answer:
        token = json.load(answer)["access_token"]
    request = urllib.request.Request(
        f"{address}/api/v2/{path}",
        json.dumps(change).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
        method="PATCH",
    )
    urllib.request.urlopen(request, timeout=20).read()


def _healthy(address: str) -> bool:
    said = health(address)
    return all(said[part]["status"] == "healthy" for part in ("scheduler", "dag_processor"))


def _start(supervisor: Supervisor, name: str, words: list[str], env: dict) -> Component:
    command = [program("airflow", "airflow"), *words]
    return supervisor.start(name, command, env=env, cwd=supervisor.folder.root)
