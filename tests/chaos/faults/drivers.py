"""More than one driver."""

from collections.abc import Callable
from contextlib import suppress

import psutil

from chaos.job import REFUSED, Job
from chaos.registry import fault
from embedded.processes import descendants


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
        processes = _processes(first)
        _each(processes, psutil.Process.suspend)
        deployment.query(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name like 'coincap%%' and datname = current_database()"
        )
        second = _second(point)
        epoch = "select epoch from market.stream_owner"
        before = deployment.query(epoch)
        point.wait_for("a takeover", lambda: deployment.query(epoch) != before, 240)
        point.pause(0, 12)
        _each(processes, psutil.Process.resume)
        point.lifted()
        code = first.wait_end(240)
    if code in (None, 0) or not first.saw("another driver (serves this|merged|archives into this)"):
        raise RuntimeError(f"the first driver was not fenced: {code} {first.last_line()}")
    first.forget()
    deployment.job = second


def _processes(job: Job) -> list[psutil.Process]:
    top = psutil.Process(job.component.process.pid)
    return [top, *descendants(top.pid)]


def _each(processes: list[psutil.Process], order: Callable[[psutil.Process], None]) -> None:
    """Give each an order; Python workers come and go, and one that has ended is no matter."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            order(process)
