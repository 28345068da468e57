"""The Spark stream job, by spark-submit, as Dataproc runs it."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import psutil

from embedded.environments import environment, program, python
from embedded.errors import StackError
from embedded.family import descendants
from embedded.java import java_home, spark_jars
from embedded.places import REPOSITORY
from embedded.processes import Component, Supervisor, free_port

JOBS = REPOSITORY / "dataproc_jobs"
JAVA_OPTIONS = (
    "-Xms96m -XX:+UseSerialGC -XX:MinHeapFreeRatio=15 -XX:MaxHeapFreeRatio=25 -Duser.timezone=UTC"
)


def spark_environment() -> dict[str, str]:
    """Return the environment in which spark-submit finds Java, Python and the project."""
    return {
        "JAVA_HOME": str(java_home()),
        "SPARK_HOME": str(next(environment("spark").glob("lib/python*/site-packages/pyspark"))),
        "PYSPARK_PYTHON": python("spark"),
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY / "functions"), str(JOBS)]),
        "SPARK_LOCAL_IP": "127.0.0.1",
        # With Spark's hundred threads glibc's arenas add up, also where no supervisor says so.
        "MALLOC_ARENA_MAX": "2",
    }


def spark_submit(memory: str = "768m", master: str = "local[2]") -> list[str]:
    """Return the spark-submit command up to the application's file."""
    return [
        program("spark", "spark-submit"),
        "--master",
        master,
        "--driver-memory",
        memory,
        "--driver-java-options",
        JAVA_OPTIONS,
        "--jars",
        ",".join(str(jar) for jar in spark_jars()),
    ]


def migrate(dsn: str) -> None:
    """Run the migration job; raise StackError with its line where it fails."""
    done = subprocess.run(
        [python("spark"), str(JOBS / "migrate.py"), "--postgres", dsn],
        env={**os.environ, **spark_environment()},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StackError((done.stderr.strip() or done.stdout.strip()).splitlines()[-1])


def start_stream(
    supervisor: Supervisor,
    dsn: str,
    bootstrap: str,
    archive_s: int = 5,
    extra: tuple = (),
    master: str = "local[2]",
) -> Component:
    """Start the stream job on this run's lake and checkpoints.

    In a kept stack it is started again when it has failed: a machine that slept for more than a
    minute wakes with Kafka's patience over.
    """
    folder = supervisor.folder
    folder.lake.mkdir(parents=True, exist_ok=True)
    port = free_port()
    return supervisor.start(
        "stream",
        [
            *(
                [sys.executable, str(Path(__file__).with_name("again.py"))]
                if supervisor.keep
                else []
            ),
            *spark_submit(master=master),
            *lasting(port),
            str(JOBS / "stream.py"),
            "--bootstrap",
            bootstrap,
            "--postgres",
            dsn,
            "--lake",
            str(folder.lake),
            "--checkpoint",
            str(folder.root / "checkpoints"),
            "--archive-s",
            str(archive_s),
            "--serve-ms",
            "500",
            *extra,
        ],
        env=spark_environment(),
        cwd=folder.root,
        address=f"http://127.0.0.1:{port}",
    )


def lasting(port: int) -> list[str]:
    """Return the settings of a job that runs for days: where its pages are, and what it forgets.

    By default the pages keep the last thousand jobs and executions, and the heap is only swept
    to the ground twice an hour: memory that grows for an hour or two.
    """
    kept = {
        "spark.ui.port": port,
        "spark.ui.retainedJobs": 50,
        "spark.ui.retainedStages": 50,
        "spark.ui.retainedTasks": 500,
        "spark.sql.ui.retainedExecutions": 20,
        "spark.cleaner.periodicGC.interval": "10min",
    }
    return [word for name, value in kept.items() for word in ("--conf", f"{name}={value}")]


def stop_stream(supervisor: Supervisor, stream: Component, patience_s: float = 90) -> None:
    """End the job between two batches."""
    ask_to_stop(stream.process.pid)
    with contextlib.suppress(subprocess.TimeoutExpired):
        stream.process.wait(patience_s)
    supervisor.stop(stream)


def ask_to_stop(submit_pid: int) -> None:
    """Ask the job of a spark-submit to end after its batch.

    spark-submit is a JVM that runs the driver as its child and passes no signal on, so the
    driver itself is asked.
    """
    for child in descendants(submit_pid):
        # Workers come and go; one that has just ended must not hide the driver.
        with contextlib.suppress(psutil.Error):
            if any(word.endswith("/stream.py") for word in child.cmdline()):
                child.terminate()
