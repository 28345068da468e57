"""What all points share: one PostgreSQL server, one simulator, and deployments in turn."""

import json
import os
import shutil
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import psycopg

from chaos.deployment import START, Deployment
from chaos.job import Job
from chaos.load import Load
from chaos.programs import Program
from chaos.proxy import Proxy
from embedded import postgres
from embedded.coincap_api import start_simulator
from embedded.errors import StackError
from embedded.kafka import create_topics, start_kafka
from embedded.places import RunFolder
from embedded.processes import Supervisor
from embedded.stream_job import migrate
from ingest.settings import Settings

ENDPOINTS = ("assets", "rates", "exchanges", "markets")
SIZE = ("--markets", "300", "--exchanges", "12", "--assets", "40")
POINTS_PER_DEPLOYMENT = 18
"""The checker reads a deployment's whole history after every point."""


@dataclass
class Stage:
    """Everything that runs, below one folder.

    ``disks`` says whether small disks can be mounted, ``many`` that so many jobs will be started
    that preparing their start pays.
    """

    root: Path
    seed: int
    broken: str = ""
    disks: bool = False
    many: bool = False

    def __post_init__(self) -> None:
        self.supervisor = Supervisor(RunFolder(self.root))
        self.deployment: Deployment | None = None
        self.made = 0
        self.mounted: list[Path] = []

    def open(self) -> None:
        """Start PostgreSQL and the simulator."""
        folder = self.supervisor.folder
        if self.disks:
            self.mount(folder.unprivileged, "2g")
        component, dsn = postgres.start_postgres(self.supervisor)
        self.server = dsn.replace("dbname=coincap", "dbname=postgres")
        user = postgres._binaries()[1]
        self.postgres = Program(
            self.supervisor, component, lambda: postgres._answers(self.server),
            {"user": user, "cwd": Path("/")},
        )  # fmt: skip
        migrate(dsn)
        limits = ("--calls-per-minute", "1000000", "--moving-rows", "0.2")
        self.simulator = start_simulator(
            self.supervisor, self.seed, START, [*SIZE, *limits]
        ).address
        self.listed = {name: list_all(self.simulator, name) for name in ENDPOINTS}

    def fresh(self) -> Deployment:
        """Replace the deployment by a new one: broker, database, lake and checkpoints."""
        if self.deployment:
            self.deployment.close()
        self.made += 1
        name = f"deployment_{self.made}"
        folder = self.root / name
        database = self._database(name)
        port = int(self.postgres.component.address.rpartition(":")[2])
        proxy = Proxy(port)
        supervisor = Supervisor(RunFolder(folder), components=self.supervisor.components)
        component, bootstrap = start_kafka(supervisor)
        broker = Program(supervisor, component, lambda: create_topics(bootstrap))
        disk = folder / "disk"
        disk.mkdir(parents=True)
        if self.disks:
            self.mount(disk, "1g")
        job = Job(
            supervisor,
            bootstrap,
            database.replace(f"port={port}", f"port={proxy.port}"),
            disk / "lake",
            disk / "checkpoints",
            folder / "hook.json",
            broken=self.broken,
        )
        settings = Settings(
            lake=str(disk / "lake"),
            api_url=self.simulator,
            kafka_bootstrap=bootstrap,
            polled_at="envelope",
            page_size=150,
            timeout_s=1.5,
        )
        self.deployment = Deployment(
            supervisor, folder, broker, self.postgres, self.server, database, name, proxy,
            self.simulator, Load(settings, self.simulator, START), job, self.listed,
        )  # fmt: skip
        if self.many and self.made == 1:
            self._keep_classes(self.deployment)
        return self.deployment

    def _keep_classes(self, deployment: Deployment) -> None:
        """Let a first job leave its loaded classes in a file that all later ones begin with.

        A job loads 15,000 classes in its first seconds; taken from the file they cost a third
        less of its start, and a run of many points is mostly starts. What the job does is the
        same. Where Java cannot keep them, it goes on without.
        """
        job, archive = deployment.job, self.root / "classes.jsa"
        job.extra["JDK_JAVA_OPTIONS"] = _options(f"-XX:ArchiveClassesAtExit={archive}")
        deployment.load.poll(1)
        deployment.wait_drained(300)
        job.stop()
        job.wait_end(60)
        job.forget()
        del job.extra["JDK_JAVA_OPTIONS"]
        if archive.exists():
            os.environ["JDK_JAVA_OPTIONS"] = _options(f"-XX:SharedArchiveFile={archive}")

    def _database(self, name: str) -> str:
        with psycopg.connect(self.server, autocommit=True) as db:
            db.execute(f'create database "{name}" template coincap')
        return self.server.replace("dbname=postgres", f"dbname={name}")

    def mount(self, folder: Path, size: str) -> None:
        """Put a disk of its own, in memory, under a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise StackError(f"cannot mount a disk at {folder}: {done.stderr.strip()}")
        self.mounted.append(folder)

    def close(self) -> None:
        """End everything and remove the run's folder."""
        self.supervisor.stop_all()
        for folder in reversed(self.mounted):
            subprocess.run(["umount", "-l", str(folder)], check=False)
        unprivileged = self.supervisor.folder.unprivileged
        for folder in {self.root, unprivileged}:
            if not os.environ.get("COINCAP_CHAOS_KEEP"):
                shutil.rmtree(folder, ignore_errors=True)


def _options(option: str) -> str:
    """Return Java's options with one more, and without its hundreds of remarks about classes."""
    return f"{os.environ.get('JDK_JAVA_OPTIONS', '')} {option} -Xlog:cds=off -Xlog:cds+dynamic=off"


def list_all(simulator: str, endpoint: str) -> list:
    """Return all rows that the simulator lists; without an offset no list moves."""
    with urllib.request.urlopen(f"{simulator}/{endpoint}?limit=2000", timeout=30) as body:
        return json.load(body)["data"]
