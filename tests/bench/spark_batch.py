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
    from coincap_dags.operators import submit_words
    from coincap_dags.target import current

    target = current({
        "COINCAP_SPARK_SUBMIT": program("spark", "spark-submit"),
        "COINCAP_SPARK_JARS": ",".join(str(jar) for jar in spark_jars()),
    })  # fmt: skip
    command = [*submit_words(target), str(JOBS / "batch.py"), *arguments]
    return subprocess.run(
        command,
        env={**os.environ, **spark_environment()},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    ).stdout
