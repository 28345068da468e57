"""The batch job by spark-submit, as the DAGs run it on a laptop."""

import os
import subprocess
import sys

from embedded.environments import program
from embedded.java import spark_jars
from embedded.places import REPOSITORY
from embedded.stream_job import JOBS, spark_environment

sys.path.insert(0, str(REPOSITORY / "composer_dags"))


def batch(*arguments: str) -> str:
    """Run the job; return what it printed. Raises CalledProcessError."""
    from coincap_dags.operators import LOCAL_JAVA, LOCAL_MEMORY, LOCAL_SPARK

    settings = [
        word for name, value in LOCAL_SPARK.items() for word in ("--conf", f"{name}={value}")
    ]
    command = [
        program("spark", "spark-submit"), "--master", "local[2]", "--driver-memory", LOCAL_MEMORY,
        "--driver-java-options", LOCAL_JAVA,
        "--jars", ",".join(str(jar) for jar in spark_jars()), *settings,
        str(JOBS / "batch.py"), *arguments,
    ]  # fmt: skip
    return subprocess.run(
        command,
        env={**os.environ, **spark_environment()},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    ).stdout
