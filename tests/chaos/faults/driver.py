"""The driver is killed at a chosen moment of a batch, or at any."""

import signal

from chaos.registry import fault

AGAIN = "it is started again"


def _killed_at(point, place: str) -> None:
    job = point.deployment.job
    point.hook(place)
    with point.loading():
        point.wait_for("the driver's death", lambda: job.code is not None)
        if job.hook.exists() or job.code != -signal.SIGKILL:
            raise RuntimeError(f"the driver died of something else: {job.code} {job.last_line()}")
        job.ensure()
        point.lifted()


@fault("the driver is killed before it writes a batch", AGAIN)
def driver_killed_before_write(point):
    _killed_at(point, "before_write")


@fault("the driver is killed with the merge done, before COMMIT", AGAIN)
def driver_killed_before_commit(point):
    _killed_at(point, "before_commit")


@fault("the driver is killed after COMMIT, before Spark's checkpoint has the batch", AGAIN)
def driver_killed_before_checkpoint(point):
    _killed_at(point, "after_commit")


@fault("the driver is killed after an append to bronze, before the checkpoint has it", AGAIN)
def driver_killed_after_append(point):
    _killed_at(point, "after_append")


@fault("the driver is killed at a random moment", AGAIN)
def driver_killed(point):
    with point.loading() as load:
        point.pause(0, 3)
        load.must_be_on()
        point.deployment.job.kill()
        point.deployment.job.start()
        point.lifted()
