"""A Spark session with Delta for all tests of the batch, and the repository's code on the path."""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
for folder in ("functions", "dataproc_jobs", "local_stack", "tests/batch"):
    if str(ROOT / folder) not in sys.path:
        sys.path.insert(0, str(ROOT / folder))


@pytest.fixture(scope="session")
def spark():
    """One local session, exact in its decimals and in UTC, as every job has it."""
    import batch
    from coincap_jobs.session import spark_session
    from embedded.java import java_home, spark_jars

    os.environ["JAVA_HOME"] = str(java_home())
    os.environ["PYSPARK_PYTHON"] = sys.executable

    settings = {
        **batch.SETTINGS,
        "spark.master": "local[2]",
        "spark.jars": ",".join(str(jar) for jar in spark_jars()),
        "spark.sql.shuffle.partitions": "2",
        "spark.ui.enabled": "false",
        "spark.driver.memory": "1g",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
    }
    session = spark_session("coincap-batch-tests", settings)
    yield session
    session.stop()
