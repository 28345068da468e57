"""Tasks that lose their worker or executor, or have more than one attempt."""

import contextlib
import os
import signal
from collections.abc import Iterator

from chaos.cluster import cluster, executors
from chaos.job import Job
from chaos.registry import fault

EXECUTORS = {"COINCAP_CHAOS_SMALL_BATCH": "0"}
"""Every batch is copied by the executors, as large ones are."""


@fault("Python workers are killed while they copy", "Spark's own retry of the task")
def worker_killed(point):
    """Every batch goes through the executors here, as large ones do, and its first task waits
    with its tables committed, so that a kill finds it at work."""
    job = point.deployment.job
    with _Changed(job, extra={**EXECUTORS, "COINCAP_CHAOS_STRAGGLE": "4"}):
        for _ in range(2):
            lost = job.count("Lost task")
            _wait_in_a_batch(point)
            point.pause(0, 1)
            for pid in _workers(job)[1:]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            point.wait_for("a lost task", lambda n=lost: job.count("Lost task") > n, 60)
            point.lifted()
            point.settle()
    point.notes.append("twice, each noticed by a task")


def _workers(job: Job) -> list[int]:
    """Return the pids of pyspark's daemon and its workers."""
    return sorted(job.processes("pyspark.daemon")) if job.code is None else []


def _staged(point) -> set[tuple]:
    """Return the names of tasks' tables that wait to be merged, or were left behind."""
    return set(
        point.deployment.query(
            "select tablename from pg_tables where schemaname = 'staging' and tablename ~ '^b[0-9]'"
        )
    )


def _wait_in_a_batch(point) -> None:
    """Poll, and wait until a task of the batch has its tables committed: its first one waits."""
    before = _staged(point)
    point.deployment.load.poll(1)
    point.wait_for("a task that waits", lambda: _staged(point) - before)


@fault("an executor is killed in a batch", "Spark's own retry of its tasks, on another executor")
def executor_killed(point):
    """Two executors on a cluster; one of them holds a task that waits with its tables committed."""
    job = point.deployment.job
    with _on_cluster(job, straggle_s=6):
        for _ in range(6):
            lost = job.count("Lost executor")
            _wait_in_a_batch(point)
            # The cluster has put another in the place of the one that was killed before.
            point.wait_for("two executors", lambda: len(executors(job.supervisor)) == 2)
            os.kill(point.rng.choice(executors(job.supervisor)), signal.SIGKILL)
            point.wait_for("a lost executor", lambda n=lost: job.count("Lost executor") > n, 60)
            point.lifted()
            point.settle()
            if job.saw("Lost task"):
                break
        if not job.saw("Lost task"):
            raise RuntimeError("the fault could not strike: no task was lost with its executor")
        point.notes.append(f"{job.count('Lost executor')} killed")


@fault("tasks straggle and Spark starts speculative attempts beside them", "none is needed")
def speculation(point):
    """The first attempt of each batch's first task commits its tables and waits, longer than the
    other attempt needs to win."""
    job = point.deployment.job
    conf = {
        "spark.speculation": "true",
        "spark.speculation.interval": "100ms",
        "spark.speculation.multiplier": "1.1",
        "spark.speculation.quantile": "0.5",
        "spark.speculation.minTaskRuntime": "200ms",
    }
    with _on_cluster(job, straggle_s=60, **conf):
        with point.loading(pause_s=1):
            point.lifted()
        point.settle()
        unread = len(_staged(point))
        if not unread:
            raise RuntimeError("the fault could not strike: no attempt was left behind")
        point.notes.append(f"{unread} staging tables left unread")


@contextlib.contextmanager
def _on_cluster(job: Job, straggle_s: float, **conf: str) -> Iterator[None]:
    """Run the job on a cluster of two executors that copy every batch."""
    conf |= {
        "spark.executor.memory": "640m",
        "spark.executorEnv.PYTHONPATH": os.environ["PYTHONPATH"] + ":" + _jobs(),
    }
    extra = {**EXECUTORS, "COINCAP_CHAOS_STRAGGLE": str(straggle_s)}
    with cluster(job.supervisor) as master, _Changed(job, extra=extra, conf=conf, master=master):
        yield


def _jobs() -> str:
    from embedded.places import REPOSITORY

    return str(REPOSITORY / "dataproc_jobs")


class _Changed:
    """The job with other settings for a while; it is started anew on the way in and out."""

    def __init__(self, job: Job, **settings):
        self._job, self._settings = job, settings

    def __enter__(self):
        self._old = {name: getattr(self._job, name) for name in self._settings}
        self._again(self._settings)

    def __exit__(self, *_):
        self._again(self._old)

    def _again(self, settings: dict) -> None:
        self._job.kill()
        for name, value in settings.items():
            setattr(self._job, name, value)
        self._job.start()
