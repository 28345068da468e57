"""The components of a run, started side by side where they do not need each other."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from embedded import airflow, bigquery, coincap_api, functions_host, kafka, postgres, stream_job
from embedded.options import Options
from embedded.processes import Component, Supervisor

FUNCTIONS = ("poll", "backfill", "replay_dead_letters")
FAULTS = {"malformed_rows": {"rate": 0.05}}
"""One page in twenty carries malformed rows: a run without a refusal would prove less."""
STEPS = 9
"""What ``start`` tells, from 1 to this."""


@dataclass
class Components:
    """Everything of one run that goes on running, and its addresses."""

    options: Options
    supervisor: Supervisor
    dsn: str = ""
    bootstrap: str = ""
    warehouse: str = ""
    api: str = coincap_api.LIVE_URL
    stream: Component | None = None
    functions: dict[str, str] = field(default_factory=dict)
    function_env: dict[str, str] = field(default_factory=dict)

    def start(self, first_tick: datetime, tell: Callable[[int], None]) -> None:
        """Start them; the simulator's clock stands at ``first_tick``. Raises StackError."""
        together(
            [
                self._start_postgres,
                self._start_kafka,
                self._start_warehouse,
                lambda: self._start_api(first_tick),
            ],
            tell,
        )
        options = self.options
        self.function_env = functions_host.function_environment(
            str(options.folder.lake),
            self.bootstrap,
            self.api,
            options.api_key,
            "clock" if options.api_key else "envelope",
        )
        functions = [lambda name=name: self._start_function(name) for name in FUNCTIONS]
        together(
            [self._start_stream, self._prepare_airflow, *functions],
            lambda number: tell(4 + number),
        )

    def _start_stream(self) -> None:
        self.stream = stream_job.start_stream(self.supervisor, self.dsn, self.bootstrap)

    def _start_function(self, name: str) -> None:
        started = functions_host.start_function(self.supervisor, name, self.function_env)
        self.functions[name] = started.address

    def _prepare_airflow(self) -> None:
        folder = self.options.folder
        airflow.prepare_database(
            folder, airflow.airflow_environment(folder, self.warehouse, self.dsn)
        )

    @property
    def poll(self) -> str:
        """Address of the function poll."""
        return self.functions["poll"]

    @property
    def dag_env(self) -> dict[str, str]:
        """Environment of every Airflow process."""
        return airflow.airflow_environment(
            self.options.folder,
            self.warehouse,
            self.dsn,
            self.functions["backfill"],
            self.functions["replay_dead_letters"],
        )

    def _start_postgres(self) -> None:
        _, self.dsn = postgres.start_postgres(self.supervisor)
        stream_job.migrate(self.dsn)

    def _start_kafka(self) -> None:
        _, self.bootstrap = kafka.start_kafka(self.supervisor)

    def _start_warehouse(self) -> None:
        _, self.warehouse = bigquery.start_bigquery(self.supervisor)

    def _start_api(self, first_tick: datetime) -> None:
        if self.options.replay or self.options.api_key:
            return
        self.api = coincap_api.start_simulator(
            self.supervisor, self.options.seed, first_tick, ["--faults", json.dumps(FAULTS)]
        ).address


def together(work: list[Callable], tell: Callable[[int], None]) -> None:
    """Do independent things side by side; the first failure is raised when all have ended."""
    with ThreadPoolExecutor(len(work)) as pool:
        running = [pool.submit(each) for each in work]
        for number, each in enumerate(running, 1):
            each.exception()
            tell(number)
    for each in running:
        each.result()
