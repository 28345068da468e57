"""How ``peers`` runs each way: its database, its process, its end, its death and its return."""

import os
import re
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
from live import Stack
from peers_tables import OURS, PEERS, create

from embedded.environments import python
from embedded.errors import StackError
from embedded.processes import Component, descendants

JOBS = Path(__file__).parent / "peers"
SETTLED_S = 12
"""Tables that nobody writes for so long are done: more than two of the longest commit
intervals, Quix Streams' 5 s."""
PATIENCE_S = 120
"""Tables that are not complete may rest so long: a broker gives a killed consumer's partitions
to another one after 45 s, and Spark takes half a minute to start."""


@dataclass
class Way:
    """One way to do the work: a name, its process or processes, its tables."""

    name: str
    processes: int = 1

    @property
    def tables(self) -> tuple[str, str]:
        """The tables of latest rows and of candles."""
        return OURS if self.name == "stream" else PEERS

    def prepare(self, admin: psycopg.Connection, dsn: str, database: str) -> str:
        """Make a database; return its address. ``empty`` is one with our tables, empty."""
        mine = dsn.replace("dbname=coincap", f"dbname={database}")
        ours = self.name == "stream"
        admin.execute(f"create database {database} template {'empty' if ours else 'template1'}")
        if not ours:
            create(mine, decimals=self.name == "quix")
        return mine

    def start(self, parts: Stack, dsn: str, database: str, batch: int) -> list[Component]:
        """Start the process, with what an earlier one of the same database left."""
        state = parts.supervisor.folder.root / database
        if self.name == "stream":
            parts.dsn = dsn
            words = ("--serve-ms", "0", "--max-messages", str(batch), "--only", "serve")
            words += ("--derive-s", "3600", "--checkpoint", str(state))
            return [parts.start_stream(*words)]
        host, port = (part.split("=")[1] for part in dsn.split()[:2])
        return [
            parts.supervisor.start(
                f"{database}_{number}",
                [
                    python("peers"), str(JOBS / f"{self.name}_job.py"),
                    "--bootstrap", parts.bootstrap, "--host", host, "--port", port,
                    "--database", database, "--state", str(state / str(number)),
                ],
                env={"PATHWAY_THREADS": "2", "OMP_NUM_THREADS": "1"},
            )
            for number in range(self.processes)
        ]  # fmt: skip

    def began(self, dsn: str, components: list[Component]) -> float:
        """Return when the first message was taken, in seconds since 1970."""
        if self.name == "stream":
            with psycopg.connect(dsn) as connection:
                text = "select extract(epoch from min(started_at)) from market.stream_progress"
                return float(connection.execute(text).fetchone()[0])
        logs = "".join(component.log.read_text("utf-8", "replace") for component in components)
        return min(float(when) for when in re.findall(r"first_message ([\d.]+)", logs))


@dataclass(frozen=True)
class State:
    """How far tables are: samples in candles, markets' snapshots added up, the last writer."""

    samples: int
    snapshots: int
    writer: int


def state(connection: psycopg.Connection, tables: tuple[str, str]) -> State:
    """Return the state of a way's tables as others see them."""
    markets, candles = tables
    row = connection.execute(
        f"select (select coalesce(sum(samples), 0) from {candles}), "
        f"(select coalesce(sum(right(snapshot_id, 6)::int), 0) from {markets}), "
        f"greatest((select max(xmin::text::bigint) from {candles}), "
        f"(select max(xmin::text::bigint) from {markets}))"
    ).fetchone()
    return State(int(row[0]), int(row[1]), int(row[2] or 0))


def wait_settled(
    dsn: str, way: Way, components: list[Component], samples: int, seconds: float = 400
) -> float:
    """Wait until nobody writes any more; return when the last write was seen.

    ``samples`` are those that the backlog makes: with fewer it waits longer.
    """
    deadline = time.time() + seconds
    with psycopg.connect(dsn, autocommit=True) as connection:
        last, changed = None, time.time()
        while time.time() < deadline:
            now = state(connection, way.tables)
            if now != last:
                last, changed = now, time.time()
            quiet = time.time() - changed
            if (quiet > SETTLED_S and now.samples >= samples) or quiet > 3 * SETTLED_S + 30:
                return changed
            for component in components:
                if component.process.poll() is not None:
                    raise StackError(f"{way.name} ended: {component.tail()} ({component.log})")
            time.sleep(0.1)
    raise StackError(f"{way.name} is not done after {seconds:.0f} s: {last}")


def wait_share(dsn: str, way: Way, samples: int, share: float, seconds: float = 180) -> float:
    """Wait until that share of the samples is in the candles; return the share seen."""
    deadline = time.time() + seconds
    with psycopg.connect(dsn, autocommit=True) as connection:
        while time.time() < deadline:
            now = state(connection, way.tables)
            if now.samples >= share * samples:
                return now.samples / samples
            time.sleep(0.02)
    raise StackError(f"{way.name} had not done {share:.0%} after {seconds:.0f} s")


def kill(components: list[Component]) -> None:
    """Kill -9 the processes with all that they started."""
    for component in components:
        pid = component.process.pid
        for member in [*descendants(pid), psutil.Process(pid)]:
            with suppress(psutil.Error):
                os.kill(member.pid, signal.SIGKILL)
        component.process.wait(30)
