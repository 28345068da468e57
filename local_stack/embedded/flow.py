"""The demo, from nothing to the report; each stage is a few lines here and a module beside."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from rich.console import Console

from embedded import (
    airflow,
    bigquery,
    coincap_api,
    environments,
    export,
    functions_host,
    java,
    kafka,
    market,
    postgres,
    proof,
    stream_job,
    summary,
)
from embedded.options import Options
from embedded.processes import Component, Supervisor
from embedded.stages import PeakMemory, Stages

FUNCTIONS = ("poll", "backfill", "replay_dead_letters")
FAULTS = {"malformed_rows": {"rate": 0.05}}
"""One page in twenty carries malformed rows: a run without a refusal would prove less."""
ENVIRONMENTS = ("emulator", "functions", "spark", "airflow", "dbt")


@dataclass
class Demo:
    """One run: its components, addresses and figures."""

    options: Options
    supervisor: Supervisor
    stages: Stages
    console: Console
    dsn: str = ""
    bootstrap: str = ""
    warehouse: str = ""
    api: str = coincap_api.LIVE_URL
    poll: str = ""
    stream: Component | None = None
    function_env: dict[str, str] = field(default_factory=dict)
    dag_env: dict[str, str] = field(default_factory=dict)

    def run(self) -> bool:
        """Run everything; return whether the proof holds. Raises StackError."""
        began = datetime.now(UTC)
        with PeakMemory(self.supervisor.memory_mib) as memory:
            self._install()
            self._start_components(began)
            fed = self._feed(began)
            dag = self._batch(began)
            with self.stages.stage("proof"):
                proofs = proof.prove(self.dsn, self.bootstrap, self.options.folder.lake)
            facts = {
                **summary.facts(self.dsn),
                "topics": proof.as_json(proofs),
                "proved_at": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
                "dbt": dag.dbt,
                "dag_tasks": dag.tasks,
                "refused_by_functions": fed.dead_lettered,
                "credits": fed.credits,
                "commands": 1,
                "seconds_to_first_chart": self.stages.elapsed(),
                "peak_memory_mib": memory.mib,
            }
            self._report(facts)
            self._export()
        facts["seconds_to_first_chart"] = self.stages.elapsed()
        summary.show(self.console, facts, proofs)
        return all(each.holds for each in proofs)

    def _install(self) -> None:
        with self.stages.stage("packages", total=len(ENVIRONMENTS) + 2) as stage:
            work: list[Callable] = [java.kafka_jars, java.spark_jars]
            work += [lambda name=name: environments.environment(name) for name in ENVIRONMENTS]
            _together(work, stage.done)

    def _start_components(self, began: datetime) -> None:
        with self.stages.stage("components", total=6) as stage:
            _together(
                [
                    self._start_postgres,
                    self._start_kafka,
                    self._start_warehouse,
                    lambda: self._start_api(began),
                ],
                stage.done,
            )
            options, folder = self.options, self.options.folder
            self.stream = stream_job.start_stream(self.supervisor, self.dsn, self.bootstrap)
            self.function_env = functions_host.function_environment(
                str(folder.lake),
                self.bootstrap,
                self.api,
                options.api_key,
                "clock" if options.api_key else "envelope",
            )
            stage.done(5)
            self.poll, *others = (
                functions_host.start_function(self.supervisor, name, self.function_env).address
                for name in FUNCTIONS
            )
            self.dag_env = airflow.airflow_environment(folder, self.warehouse, self.dsn, *others)
            airflow.prepare_database(folder, self.dag_env)
            stage.done(6)

    def _start_postgres(self) -> None:
        _, self.dsn = postgres.start_postgres(self.supervisor)
        stream_job.migrate(self.dsn)

    def _start_kafka(self) -> None:
        _, self.bootstrap = kafka.start_kafka(self.supervisor)

    def _start_warehouse(self) -> None:
        _, self.warehouse = bigquery.start_bigquery(self.supervisor)

    def _start_api(self, began: datetime) -> None:
        if self.options.replay or self.options.api_key:
            return
        start = self._first_tick(began)
        self.api = coincap_api.start_simulator(
            self.supervisor, self.options.seed, start, ["--faults", json.dumps(FAULTS)]
        ).address

    def _first_tick(self, began: datetime) -> datetime:
        minute = began.replace(second=0, microsecond=0)
        return minute - timedelta(minutes=self.options.minutes - 1)

    def _feed(self, began: datetime) -> market.Fed:
        options = self.options
        with self.stages.stage("polls", total=options.minutes) as stage:
            if options.replay:
                fed = market.Fed()
                for each in functions_host.replay(str(options.replay), self.function_env):
                    fed.add(each)
            elif options.api_key:
                fed = market.poll_live(self.poll, options.minutes, stage.done)
            else:
                fed = market.poll_simulated(
                    self.poll, self.api, self._first_tick(began), options.minutes, stage.done
                )
        with self.stages.stage("stream") as stage:
            stream_job.wait_drained(
                self.stream,
                self.dsn,
                self.bootstrap,
                lambda left: stage.note(f"{left:,} messages left"),
            )
            if not options.keep:
                stream_job.stop_stream(self.supervisor, self.stream)
        return fed

    def _batch(self, began: datetime) -> airflow.DagRun:
        with self.stages.stage("batch") as stage:
            stage.note("Airflow: Spark, BigQuery load, dbt build")
            until = datetime.now(UTC) + timedelta(minutes=1)
            since = began - timedelta(minutes=5)
            conf = {"arrived_from": since.isoformat(), "arrived_to": until.isoformat()}
            return airflow.run_dag(self.supervisor, self.dag_env, "market_batch", conf)

    def _report(self, facts: dict) -> None:
        from report.render import render

        with self.stages.stage("report"):
            root = self.options.folder.root
            facts["seconds_to_first_chart"] = self.stages.elapsed()
            facts["stages"] = self._stage_list()
            facts["report"] = str(root / "report.html")
            render(
                self.dsn,
                root / "report.html",
                bigquery=self.warehouse,
                project=bigquery.PROJECT,
                summary=facts,
            )
        facts["stages"] = self._stage_list()
        (root / "summary.json").write_text(json.dumps(facts, indent=2))

    def _export(self) -> None:
        if self.options.export:
            with self.stages.stage("export"):
                export.export_serving(self.dsn, self.options.export / "market")
                export.export_marts(self.warehouse, bigquery.PROJECT, self.options.export / "marts")

    def _stage_list(self) -> list[dict]:
        return [{"name": n, "seconds": round(s, 2)} for n, s in self.stages.seconds.items()]


def _together(work: list[Callable], tell: Callable[[int], None]) -> None:
    """Do independent things side by side; the first failure is raised when all have ended."""
    with ThreadPoolExecutor(len(work)) as pool:
        running = [pool.submit(each) for each in work]
        for number, each in enumerate(running, 1):
            each.exception()
            tell(number)
    for each in running:
        each.result()
