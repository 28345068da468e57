"""Airflow as it runs in production: api-server, scheduler, dag-processor, on one database."""

import json
import sqlite3
import subprocess
import time
import urllib.request
from contextlib import closing
from dataclasses import dataclass, field

from pipeline_stack import Stack

from embedded import airflow
from embedded.environments import program
from embedded.processes import Component, free_port

HASTE = {
    # Minutes by default; a test cannot wait for them.
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "15",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_SEC": "3",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "10",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",
    "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "250",
    "AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": "250",
    "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
    "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
}


@dataclass
class Scheduler:
    """The three processes; ``kill`` ends all of them as a lost machine does."""

    stack: Stack
    parts: list[Component] = field(default_factory=list)

    def start(self) -> None:
        """Start the processes and wait until the API answers and the DAGs are known."""
        folder = self.stack.supervisor.folder
        if not (folder.root / "airflow" / "airflow.db").exists():
            airflow.prepare_database(folder, self.stack.environment)
        port = free_port()
        self.environment = {
            **self.stack.environment,
            **airflow.secret_settings(folder),
            **HASTE,
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        }
        address = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
        for words in (["api-server", *address], ["scheduler"], ["dag-processor"]):
            self.parts.append(
                self.stack.supervisor.start(
                    f"airflow-{words[0]}",
                    [program("airflow", "airflow"), *words],
                    env=self.environment,
                    cwd=folder.root,
                )
            )
        health = f"http://127.0.0.1:{port}/api/v2/monitor/health"
        ready = self.stack.supervisor.wait_ready
        ready(self.parts[0], lambda: urllib.request.urlopen(health, timeout=5).status == 200, 240)
        known = "select count(distinct dag_id) from serialized_dag"
        ready(self.parts[2], lambda: self.ask(known) == [(6,)], 240)

    def kill(self) -> None:
        """End every process and what it started at once, without a signal to prepare for."""
        for part in self.parts:
            self.stack.supervisor.stop(part, patience_s=0)
        self.parts.clear()

    def ask(self, query: str) -> list[tuple]:
        """Ask Airflow's database."""
        file = self.stack.supervisor.folder.root / "airflow" / "airflow.db"
        with closing(sqlite3.connect(file, timeout=30)) as database:
            return database.execute(query).fetchall()

    def airflow(self, *words: str) -> None:
        """Run a command of Airflow's."""
        subprocess.run(
            [program("airflow", "airflow"), *words],
            env=self.environment, cwd=self.stack.supervisor.folder.root,
            capture_output=True, check=True,
        )  # fmt: skip

    def unpause(self, dag_id: str) -> None:
        """Let the scheduler start a DAG's runs."""
        self.airflow("dags", "unpause", dag_id, "--yes")

    def trigger(self, run_id: str, **conf: str) -> None:
        """Ask for a run of market_batch."""
        self.airflow("dags", "trigger", "market_batch", "--run-id", run_id, "--conf",
                     json.dumps(conf))  # fmt: skip
        self.unpause("market_batch")

    def states(self, run_id: str) -> dict[str, str]:
        """The states of a run's tasks."""
        query = f"select task_id, state from task_instance where run_id = '{run_id}'"
        return dict(self.ask(query))

    def first_run(self, dag_id: str, kind: str, seconds: float = 900) -> str:
        """Wait until a DAG has a run of a kind (scheduled, asset_triggered); return its id."""
        query = f"select run_id from dag_run where dag_id = '{dag_id}' and run_type = '{kind}'"
        deadline = time.monotonic() + seconds
        while not (found := self.ask(f"{query} order by id limit 1")):
            assert time.monotonic() < deadline, f"no {kind} run of {dag_id}"
            time.sleep(1)
        return found[0][0]

    def ends(self, run_id: str, seconds: float = 900) -> str:
        """Wait until a run has ended; return its state."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            ((state,),) = self.ask(f"select state from dag_run where run_id = '{run_id}'")
            if state in ("success", "failed"):
                return state
            time.sleep(1)
        raise AssertionError(f"{run_id} did not end: {self.states(run_id)}")
