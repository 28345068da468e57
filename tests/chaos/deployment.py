"""One deployment under test: broker, database, lake and stream job, and when it is drained."""

import contextlib
import os
import re
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from confluent_kafka import Consumer, KafkaException

from chaos.check.check import Sent, check
from chaos.check.lake import archived
from chaos.check.log import ends
from chaos.check.verdict import Verdict
from chaos.job import Job
from chaos.load import Load
from chaos.programs import Program
from chaos.proxy import Proxy
from embedded.processes import Supervisor
from embedded.stream_job import JOBS, spark_environment, spark_submit

START = datetime(2024, 10, 17, 6, 0, tzinfo=UTC)
"""Where the simulated clock of a deployment starts."""


@dataclass
class Deployment:
    """What a fault can reach. It serves points until one of them says otherwise."""

    supervisor: Supervisor
    folder: Path
    broker: Program
    postgres: Program
    server: str
    dsn: str
    database: str
    proxy: Proxy
    simulator: str
    load: Load
    job: Job
    listed: dict[str, list]
    points: int = 0
    spent: bool = False
    faults: list[str] = field(default_factory=list)

    @property
    def bootstrap(self) -> str:
        """The broker's address."""
        return self.broker.component.address

    @property
    def lake(self) -> Path:
        """The lake's root."""
        return self.job.lake

    @property
    def acknowledged(self) -> Counter:
        """Identities of all acknowledged messages."""
        return self.load.acknowledged

    def query(self, sql: str, *parameters) -> list[tuple]:
        """Return a query's rows, past the proxy."""
        with psycopg.connect(self.dsn, autocommit=True, connect_timeout=5) as db:
            return db.execute(sql, parameters).fetchall()

    def ends(self) -> dict[tuple[str, int], int]:
        """Return the next offset of every partition that the job reads."""
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": "chaos"})
        try:
            return {place: high for place, (_, high) in ends(consumer).items() if high}
        finally:
            consumer.close()

    def served(self) -> dict[tuple[str, int], int]:
        """Return the ledger."""
        ledger = self.query("select topic, partition_id, next_offset from market.stream_offsets")
        return {(topic, number): offset for topic, number, offset in ledger if offset}

    def behind(self) -> int:
        """Return how many messages are not in the tables or not in bronze."""
        wanted, held = self.ends(), self.served()
        served = sum(max(0, high - held.get(place, 0)) for place, high in wanted.items())
        return served or max(0, sum(wanted.values()) - archived(self.lake))

    def unpublished(self) -> int:
        """Return how many dead letters are still in the outbox."""
        query = (
            "select count(*) from market.dead_letters "
            "where source = 'stream' and published_at is null"
        )
        return self.query(query)[0][0]

    def wait_drained(self, seconds: float) -> bool:
        """Wait until everything is served and archived; the job is started again where it ends.

        Returns False when the time is over. Raises JobRefused where the job ended with 2.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.job.ensure()
            with contextlib.suppress(psycopg.Error, KafkaException):
                if not self.behind() and not self.unpublished():
                    return True
            time.sleep(0.4)
        return False

    def check(self, silver: bool = False) -> Verdict:
        """Return the checker's verdict as things stand."""
        sent = Sent(self.acknowledged, self.load.finished, self.listed)
        return check(self.bootstrap, self.dsn, self.lake, sent, silver)

    def build_silver(self) -> None:
        """Run the batch job's first step over everything in bronze. Raises RuntimeError."""
        now = datetime.now(UTC)
        window = ["--from", (now - timedelta(days=3)).isoformat(), "--to"]
        window.append((now + timedelta(hours=2)).isoformat())
        self._program("batch.py", "--lake", str(self.lake), *window, "--steps", "silver")

    def redeliver(self) -> int:
        """Judge the stream's letters again; return how many are replayed. Raises RuntimeError."""
        said = self._program("redeliver.py", "--postgres", self.dsn, "--lake", str(self.lake))
        return int(re.search(r"(\d+) of \d+ letters are replayed", said)[1])

    def _program(self, name: str, *arguments: str) -> str:
        """Run one of the product's Spark programs to its end; return what it said."""
        done = subprocess.run(
            [*spark_submit(), str(JOBS / name), *arguments],
            env={**os.environ, **spark_environment()},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{name}: {(done.stderr.strip() or 'no message').splitlines()[-1]}")
        return done.stdout

    def close(self) -> None:
        """End what belongs to this deployment alone."""
        self.job.kill()
        self.broker.kill()
        self.supervisor.components.remove(self.broker.component)
        self.proxy.close()
        with psycopg.connect(self.server, autocommit=True) as db:
            db.execute(f'drop database if exists "{self.database}" with (force)')
