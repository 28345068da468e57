"""A pipeline of a test's own: emulator, lake, database and what the DAGs run in."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pyarrow as pa
from deltalake import write_deltalake

from embedded import airflow, functions_host
from embedded.bigquery import PROJECT, start_bigquery
from embedded.errors import StackError
from embedded.places import RunFolder
from embedded.processes import Supervisor

_BRONZE = pa.schema(
    [
        ("topic", pa.string()),
        ("topic_id", pa.string()),
        ("partition", pa.int32()),
        ("offset", pa.int64()),
        ("timestamp", pa.timestamp("us", "UTC")),
        ("key", pa.string()),
        ("value", pa.binary()),
        ("headers", pa.map_(pa.string(), pa.string())),
        ("date", pa.date32()),
    ]
)


@dataclass
class Stack:
    """One pipeline: feed its bronze, run its DAGs, ask its warehouse."""

    supervisor: Supervisor
    endpoint: str
    dsn: str = ""
    addresses: dict[str, str] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def lake(self) -> Path:
        """The lake's folder."""
        return self.supervisor.folder.lake

    @property
    def environment(self) -> dict[str, str]:
        """What Airflow's processes get, as the demo gives it."""
        env = airflow.airflow_environment(
            self.supervisor.folder, self.endpoint, self.dsn,
            self.addresses.get("backfill", ""), self.addresses.get("replay_dead_letters", ""),
        )  # fmt: skip
        return {**env, "COINCAP_SEEDS": "../functions/coincap/seeds", **self.extra}

    def feed(self, rows: list[tuple]) -> None:
        """Append messages to bronze as the archive query does."""
        columns = zip(*rows, strict=True)
        arrays = [
            pa.array([_plain(value) for value in column], kind.type)
            for column, kind in zip(columns, _BRONZE, strict=True)
        ]
        table = pa.table(arrays, schema=_BRONZE)
        write_deltalake(
            str(self.lake / "bronze"), table, mode="append", partition_by=["date", "topic"]
        )

    def run(self, dag_id: str, **conf) -> airflow.DagRun:
        """Run a DAG to its end with ``airflow dags test``; raises StackError where it fails."""
        if not (self.supervisor.folder.root / "airflow" / "airflow.db").exists():
            airflow.prepare_database(self.supervisor.folder, self.environment)
        return airflow.run_dag(self.supervisor, self.environment, dag_id, conf)

    def failure(self, dag_id: str, **conf) -> str:
        """Run a DAG that must fail; return the line of its error and, below, what it printed."""
        before = len(self.log(dag_id))
        try:
            self.run(dag_id, **conf)
        except StackError as error:
            return f"{error}\n{self.log(dag_id)[before:]}"
        raise AssertionError(f"{dag_id} ended well")

    def hour(self, start: datetime, end: datetime) -> airflow.DagRun:
        """Run market_batch over messages that arrived in [start, end)."""
        window = {"arrived_from": start.isoformat(), "arrived_to": end.isoformat()}
        return self.run("market_batch", **window)

    def log(self, dag_id: str) -> str:
        """What the runs of a DAG have printed."""
        file = self.supervisor.folder.logs / f"dag-{dag_id}.log"
        return file.read_text("utf-8", "replace") if file.exists() else ""

    def client(self):
        """A BigQuery client of the emulator."""
        from google.api_core.client_options import ClientOptions
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import bigquery

        return bigquery.Client(
            PROJECT,
            credentials=AnonymousCredentials(),
            client_options=ClientOptions(api_endpoint=self.endpoint),
        )

    def query(self, sql: str) -> list[tuple]:
        """Ask the warehouse."""
        return [tuple(row) for row in self.client().query(sql).result()]

    def serve(self, names: tuple[str, ...], bootstrap: str, api: str, **settings: str) -> None:
        """Start entry points of the functions against a broker and an API."""
        env = functions_host.function_environment(str(self.lake), bootstrap, api, None, "envelope")
        for name in names:
            started = functions_host.start_function(self.supervisor, name, env | settings)
            self.addresses[name] = started.address


def start(root: Path, dsn: str = "") -> Stack:
    """Start an emulator on an empty lake; the caller ends it with ``supervisor.stop_all``."""
    supervisor = Supervisor(RunFolder(root))
    return Stack(supervisor, start_bigquery(supervisor)[1], dsn)


def _plain(value):
    return bytes(value) if isinstance(value, bytearray) else value
