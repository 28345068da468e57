"""The demo, from nothing to the report; each stage is a few lines here and a module beside."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from rich.console import Console

from embedded import (
    airflow,
    bigquery,
    dbt_cache,
    environments,
    export,
    first_chart,
    functions_host,
    java,
    market,
    proof,
    stream_job,
    summary,
)
from embedded.components import STEPS, Components, together
from embedded.lag import wait_drained
from embedded.options import Options
from embedded.processes import Supervisor
from embedded.stages import PeakMemory, Stages

ENVIRONMENTS = ("emulator", "functions", "spark", "airflow", "dbt")


@dataclass
class Demo:
    """One run: its components, addresses and figures."""

    options: Options
    supervisor: Supervisor
    stages: Stages
    console: Console

    @cached_property
    def parts(self) -> Components:
        """What runs, and where."""
        return Components(self.options, self.supervisor)

    def run(self) -> bool:
        """Run everything; return whether the proof holds. Raises StackError."""
        began = datetime.now(UTC)
        with PeakMemory(self.supervisor.memory_mib) as memory:
            self._install()
            self._start_components(began)
            fed = self._feed(began)
            dag = self._batch()
            with self.stages.stage("proof"):
                proofs = proof.prove(self.parts.dsn, self.parts.bootstrap, self.options.folder.lake)
            facts = {
                **summary.facts(self.parts.dsn),
                "topics": proof.as_json(proofs),
                "proved_at": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
                "dbt": dag.dbt,
                "dag_tasks": dag.tasks,
                "refused_by_functions": fed.dead_lettered,
                "credits": fed.credits,
                "commands": 1,
                "peak_memory_mib": memory.mib,
            }
            self._report(facts)
            took = facts["seconds_to_first_chart"]
            first_chart.note(self.options.folder, began, facts["commands"], took)
            self._export()
        summary.show(self.console, facts, proofs)
        return all(each.holds for each in proofs)

    def _install(self) -> None:
        with self.stages.stage("packages", total=len(ENVIRONMENTS) + 2) as stage:
            work: list[Callable] = [java.kafka_jars, java.spark_jars]
            work += [lambda name=name: environments.environment(name) for name in ENVIRONMENTS]
            together(work, stage.done)

    def _start_components(self, began: datetime) -> None:
        with self.stages.stage("components", total=STEPS) as stage:
            self.parts.start(self._first_tick(began), stage.done)

    def _first_tick(self, began: datetime) -> datetime:
        minute = began.replace(second=0, microsecond=0)
        return minute - timedelta(minutes=self.options.minutes - 1)

    def _feed(self, began: datetime) -> market.Fed:
        options = self.options
        with self.stages.stage("polls", total=options.minutes) as stage:
            if options.replay:
                fed = market.Fed()
                for each in functions_host.replay(str(options.replay), self.parts.function_env):
                    fed.add(each)
            elif options.api_key:
                fed = market.poll_live(self.parts.poll, options.minutes, stage.done)
            else:
                fed = market.poll_simulated(
                    self.parts.poll,
                    self.parts.api,
                    self._first_tick(began),
                    options.minutes,
                    stage.done,
                )
        with self.stages.stage("stream") as stage:
            wait_drained(
                self.parts.stream,
                self.parts.dsn,
                self.parts.bootstrap,
                lambda left: stage.note(f"{left:,} messages left"),
            )
            if not options.keep:
                stream_job.stop_stream(self.supervisor, self.parts.stream)
        return fed

    def _batch(self) -> airflow.DagRun:
        with self.stages.stage("batch") as stage:
            stage.note("Airflow: Spark, BigQuery load, dbt build")
            with dbt_cache.parsed(self.options.folder.root / "dbt" / "market_batch"):
                return airflow.run_dag(self.supervisor, self.parts.dag_env, "market_batch", {})

    def _report(self, facts: dict) -> None:
        from report.render import render

        with self.stages.stage("report"):
            root = self.options.folder.root
            facts["seconds_to_first_chart"] = self.stages.elapsed()
            facts["stages"] = self._stage_list()
            facts["report"] = str(root / "report.html")
            render(
                self.parts.dsn,
                root / "report.html",
                bigquery=self.parts.warehouse,
                project=bigquery.PROJECT,
                summary=facts,
            )
        facts["seconds_to_first_chart"] = self.stages.elapsed()
        facts["stages"] = self._stage_list()
        (root / "summary.json").write_text(json.dumps(facts, indent=2))

    def _export(self) -> None:
        if self.options.export:
            with self.stages.stage("export"):
                export.export_serving(self.parts.dsn, self.options.export / "market")
                export.export_marts(
                    self.parts.warehouse, bigquery.PROJECT, self.options.export / "marts"
                )

    def _stage_list(self) -> list[dict]:
        return [{"name": n, "seconds": round(s, 2)} for n, s in self.stages.seconds.items()]
