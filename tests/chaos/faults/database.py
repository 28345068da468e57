"""PostgreSQL goes away, loses time, or takes a COMMIT without saying so."""

import contextlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg

from chaos.faults.checkpoints import restart
from chaos.load import NO_LAKE
from chaos.registry import fault
from embedded.postgres import _binaries

_TRIED = r"batch \d+, try \d"
"""What the job says of a batch that lost its connection."""


@fault("PostgreSQL is killed in a batch", "it is started again, and the job where it ended")
def postgres_killed(point):
    job = point.deployment.job
    tries = job.count(_TRIED)
    with point.loading():
        point.pause(0, 2)
        # The batch waits with the merge done, before COMMIT, so that the kill finds it there.
        point.hook("before_commit", "4")
        point.wait_for("a batch", lambda: not job.hook.exists())
        point.pause(0, 2)
        point.deployment.postgres.kill()
        point.pause(0, 3)
        point.deployment.postgres.start()
        point.lifted()
        point.wait_for("the batch's loss", lambda: job.code or job.count(_TRIED) > tries, 60)


@fault("the connection is cut at COMMIT, before or after the server has it", "the job's own retry")
def commit_cut(point):
    proxy = point.deployment.proxy
    cuts = proxy.cuts
    side = point.rng.choice(["before", "after"])
    proxy.cut_at_commit(side)
    with point.loading():
        point.wait_for("a COMMIT", lambda: proxy.cuts > cuts)
        point.lifted()
    point.notes.append(f"cut {side} it was sent")


@fault("the database is restored from an earlier backup", "the refusal's remedy")
def database_restored(point):
    deployment, load = point.deployment, point.deployment.load
    with point.loading(4):
        point.pause(0.5, 3)
        backup = _dump(deployment)
    load.poll(point.rng.randint(1, 4))
    point.settle()
    deployment.job.kill()
    _restore(deployment, backup)
    load.poll(1)
    restart(point)


def _dump(deployment) -> Path:
    """Take a backup with pg_dump while the job is at work."""
    file = deployment.folder / "backup"
    _tool("pg_dump", deployment, "--format=custom", f"--file={file}")
    return file


def _restore(deployment, backup: Path) -> None:
    with psycopg.connect(deployment.server, autocommit=True) as db:
        db.execute(f'drop database "{deployment.database}" with (force)')
        db.execute(f'create database "{deployment.database}"')
    _tool("pg_restore", deployment, "--exit-on-error", str(backup))


def _tool(name: str, deployment, *options: str) -> None:
    folder, _ = _binaries()
    command = [str(folder / name), f"--dbname={deployment.dsn}", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr.strip()}")


@fault("the disk of lake and checkpoint is full", "space is made, the job started again",
       disks=True)  # fmt: skip
def disk_full_lake(point):
    deployment = point.deployment
    refused = deployment.load.statuses[NO_LAKE]

    def met() -> bool:
        return deployment.load.statuses[NO_LAKE] > refused or deployment.job.saw(_FULL)

    _full(point, deployment.lake.parent, met)


@fault("the database's disk is full", "space is made, the job started again", disks=True)
def disk_full_database(point):
    log = point.deployment.postgres.component.log
    begin = log.stat().st_size
    folder = Path(point.deployment.query("show data_directory")[0][0]).parent
    _full(point, folder, lambda: _FULL in log.read_bytes()[begin:].decode("utf-8", "replace"))


_FULL = "No space left on device"


def _full(point, folder: Path, met: Callable[[], bool]) -> None:
    """Fill a small disk up to the last byte while the load goes on; then make room.

    ``met`` says whether a component came upon the full disk.
    """
    ballast = folder / "ballast"
    with point.loading():
        point.pause(0.5, 2)
        with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            # Others write as well, so what is free is found out by taking it.
            while True:
                file.write(bytes(65_536))
        try:
            point.wait_for("anybody who met the full disk", met, 60)
            point.pause(2, 6)
            ended = point.deployment.job.code is not None
            point.notes.append("job ended" if ended else "job lived")
        finally:
            ballast.unlink()
            point.lifted()
    _revive(point)


def _revive(point) -> None:
    """Start PostgreSQL again where the full disk has ended it."""
    if point.deployment.postgres.component.process.poll() is not None:
        point.deployment.postgres.kill()
        point.deployment.postgres.start()
