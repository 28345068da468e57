"""More than one driver, more than one attempt at a task, and Python workers that die."""

import os
import signal

import psutil

from chaos.cluster import cluster
from chaos.job import REFUSED, Job
from chaos.registry import fault
from embedded.processes import descendants

EXECUTORS = {"COINCAP_CHAOS_SMALL_BATCH": "0"}
"""Every batch is copied by the executors, as large ones are."""


def _second(point) -> Job:
    job, number = point.deployment.job, point.deployment.points
    other = Job(
        job.supervisor, job.bootstrap, job.dsn, job.lake,
        job.checkpoints.with_name(f"checkpoints-{number}"), job.hook, f"second-{number}",
    )  # fmt: skip
    other.start()
    return other


@fault("a second driver is started beside the first", "it refuses; the first goes on")
def second_driver(point):
    with point.loading():
        point.pause(0, 2)
        second = _second(point)
        code = second.wait_end(240)
        point.lifted()
    if code != REFUSED or "holds the lock" not in second.last_line():
        raise RuntimeError(f"the second driver ended with {code}: {second.last_line()}")
    second.forget()


@fault("the driver stands still, loses its lock and a second one takes over; then it goes on",
       "the first is fenced and ended, the second goes on")  # fmt: skip
def second_driver_takes_over(point):
    deployment, first = point.deployment, point.deployment.job
    with point.loading():
        point.pause(0, 3)
        stopped = _stop_all(first)
        deployment.query(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name like 'coincap%%' and datname = current_database()"
        )
        second = _second(point)
        epoch = "select epoch from market.stream_owner"
        before = deployment.query(epoch)
        point.wait_for("a takeover", lambda: deployment.query(epoch) != before, 240)
        point.pause(0, 12)
        for process in stopped:
            process.resume()
        point.lifted()
        code = first.wait_end(240)
    if code in (None, 0):
        raise RuntimeError(f"the first driver was not fenced: {code}")
    first.forget()
    deployment.job = second


def _stop_all(job: Job) -> list[psutil.Process]:
    top = psutil.Process(job.component.process.pid)
    stopped = [top, *descendants(top.pid)]
    for process in stopped:
        process.suspend()
    return stopped


@fault("Python workers are killed while they copy", "Spark's own retry of the task")
def worker_killed(point):
    """Every batch goes through the executors here, as large ones do."""
    job = point.deployment.job
    with _Changed(job, extra=EXECUTORS), point.loading(pause_s=1.5):
        point.wait_for("a Python worker", lambda: len(_workers(job)) > 1, 240)
        killed = 0
        for _ in range(3):
            point.pause(0, 1.5)
            for pid in _workers(job)[1:]:
                os.kill(pid, signal.SIGKILL)
                killed += 1
        point.lifted()
        point.notes.append(f"{killed} killed")


def _workers(job: Job) -> list[int]:
    """Return the pids of pyspark's daemon and its workers."""
    return sorted(job.processes("pyspark.daemon")) if job.code is None else []


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
        "spark.executor.memory": "640m",
        "spark.executorEnv.PYTHONPATH": os.environ["PYTHONPATH"] + ":" + _jobs(),
    }
    extra = {**EXECUTORS, "COINCAP_CHAOS_STRAGGLE": "60"}
    with (
        cluster(job.supervisor) as master,
        _Changed(job, extra=extra, conf=conf, master=master),
    ):
        with point.loading(pause_s=1):
            point.lifted()
        point.settle()
        leftovers = (
            "select count(*) from pg_tables where schemaname = 'staging' and tablename ~ '^b[0-9]'"
        )
        unread = point.deployment.query(leftovers)[0][0]
        if not unread:
            raise RuntimeError("the fault could not strike: no attempt was left behind")
        point.notes.append(f"{unread} staging tables left unread")


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
