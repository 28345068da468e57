"""PostgreSQL goes away, loses time, or takes a COMMIT without saying so."""

import contextlib
import subprocess
from pathlib import Path

import psycopg

from chaos.faults.checkpoints import restart
from chaos.registry import fault
from embedded.postgres import _binaries


@fault("PostgreSQL is killed in a batch", "it is started again, and the job where it ended")
def postgres_killed(point):
    with point.loading():
        point.pause(0.5, 4)
        point.deployment.postgres.kill()
        point.pause(0, 3)
        point.deployment.postgres.start()
        point.lifted()


@fault("the connection is cut at COMMIT, before or after the server has it", "the job's own retry")
def commit_cut(point):
    proxy = point.deployment.proxy
    point.settle()
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
    _full(point, point.deployment.lake.parent)


@fault("the database's disk is full", "space is made, the job started again", disks=True)
def disk_full_database(point):
    _full(point, Path(point.deployment.query("show data_directory")[0][0]).parent)


def _full(point, folder: Path) -> None:
    """Fill a small disk up to the last byte while the load goes on; then make room."""
    ballast = folder / "ballast"
    with point.loading():
        point.pause(0.5, 2)
        with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            # Others write as well, so what is free is found out by taking it.
            while True:
                file.write(bytes(65_536))
        point.pause(4, 9)
        point.notes.append("job ended" if point.deployment.job.code is not None else "job lived")
        ballast.unlink()
        point.lifted()
    _revive(point)


def _revive(point) -> None:
    """Start PostgreSQL again where the full disk has ended it."""
    if point.deployment.postgres.component.process.poll() is not None:
        point.deployment.postgres.kill()
        point.deployment.postgres.start()
