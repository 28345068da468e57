"""Spark's checkpoint folder is damaged while the job is down."""

import shutil
from pathlib import Path

from chaos.job import REFUSED
from chaos.registry import fault

NAMED = "it is started again; where it refuses, by the command that it names"


def _down(point, damage) -> None:
    """Kill the job in the middle of a load, damage the checkpoint, bring the job back."""
    with point.loading():
        point.pause(1, 4)
        point.deployment.job.kill()
        damage(point.deployment.job.checkpoints)
    restart(point)


def restart(point) -> None:
    """Start the job; where it refuses, do what its line says and start it again."""
    job = point.deployment.job
    job.start()
    point.lifted()
    if _refuses(point, job):
        point.notes.append(f"refused, cured by rewind {job.rewind()}")
        job.start()


def _refuses(point, job) -> bool:
    """Return whether the job ends with 2 before it serves."""
    ready = "serving epoch"
    point.wait_for("a start", lambda: job.code is not None or job.saw(ready), 240)
    return job.code == REFUSED


@fault("a file of the checkpoint is cut short", NAMED)
def checkpoint_torn(point):
    def tear(folder: Path) -> None:
        query = point.rng.choice(["serve", "archive"])
        part = folder / query / point.rng.choice(["offsets", "commits"])
        newest = max((f for f in part.iterdir() if f.name.isdigit()), key=lambda f: int(f.name))
        content = newest.read_bytes()
        newest.write_bytes(content[: point.rng.randrange(len(content))])
        if point.rng.random() < 0.5:
            newest.with_name(f".{newest.name}.crc").unlink(missing_ok=True)
        point.notes.append(f"{query}/{part.name}/{newest.name}")

    _down(point, tear)


@fault("the checkpoint is deleted", "it is started again")
def checkpoint_deleted(point):
    _down(point, shutil.rmtree)


@fault("an older copy of the checkpoint is put in its place", "it is started again")
def checkpoint_older(point):
    job, copy = point.deployment.job, point.deployment.folder / "checkpoint-copy"
    shutil.copytree(job.checkpoints, copy)

    def restore(folder: Path) -> None:
        shutil.rmtree(folder)
        shutil.move(copy, folder)

    with point.loading():
        point.pause(1, 4)
    point.settle()
    _down(point, restore)
