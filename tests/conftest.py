"""What all tests share: the project's folders on the path, and real components, each once."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CAPTURES = ROOT.parent / "shared" / "data" / "coincap"
for name in ("functions", "dataproc_jobs", "local_stack"):
    sys.path.insert(0, str(ROOT / name))


def pytest_addoption(parser):
    """Add --slow, which also runs what takes minutes."""
    parser.addoption("--slow", action="store_true", help="run the tests marked slow too")


def pytest_collection_modifyitems(config, items):
    """Leave slow tests out unless asked for."""
    if not config.getoption("--slow"):
        skip = pytest.mark.skip(reason="slow: run ./tests/run --slow")
        for item in items:
            if "slow" in item.keywords:
                item.add_marker(skip)


@dataclass(frozen=True)
class Database:
    """A migrated database."""

    dsn: str


@dataclass(frozen=True)
class Broker:
    """A Kafka broker with the project's topics."""

    bootstrap: str


@dataclass(frozen=True)
class Warehouse:
    """A BigQuery emulator and the folder that it sees as gs://lake."""

    endpoint: str
    lake: Path


@pytest.fixture(scope="session")
def supervisor(tmp_path_factory):
    from embedded.places import RunFolder
    from embedded.processes import Supervisor

    supervisor = Supervisor(RunFolder(tmp_path_factory.mktemp("components")))
    yield supervisor
    supervisor.stop_all()


@pytest.fixture(scope="session")
def server(supervisor):
    """A PostgreSQL server; ``postgres`` gives databases on it."""
    from embedded.postgres import start_postgres

    return start_postgres(supervisor)[1]


@pytest.fixture(scope="session")
def migrated(server):
    """A template database at the newest migration."""
    return new_database(server, "template_market", None)


@pytest.fixture
def postgres(server, migrated, request):
    """A migrated database for one test alone."""
    digest = abs(hash(request.node.nodeid)) % 10**12
    return Database(new_database(server, f"t{digest}", "template_market"))


@pytest.fixture(scope="session")
def make_database(server, migrated):
    """Make another migrated database by name; returns its DSN."""
    return lambda name: new_database(server, name, "template_market")


@pytest.fixture(scope="session")
def kafka(supervisor):
    from embedded.kafka import start_kafka

    return Broker(start_kafka(supervisor)[1])


@pytest.fixture(scope="session")
def emulator(supervisor):
    from embedded.bigquery import start_bigquery

    return Warehouse(start_bigquery(supervisor)[1], supervisor.folder.lake)


@pytest.fixture(scope="session")
def captures():
    if not CAPTURES.exists():
        pytest.skip("no captures beside the repository (../shared/data/coincap)")
    return CAPTURES


def new_database(server: str, name: str, template: str | None) -> str:
    """Create a database, migrated or as a copy of one that is; return its DSN."""
    import psycopg

    from coincap_jobs.migrations import migrate

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'drop database if exists "{name}" with (force)')
        connection.execute(
            f'create database "{name}"' + (f' template "{template}"' if template else "")
        )
    dsn = server.replace("dbname=coincap", f"dbname={name}")
    if template is None:
        migrate(dsn, ROOT / "dataproc_jobs" / "migrations")
    return dsn


@pytest.fixture(scope="session")
def spark():
    """One Spark session for all tests, configured as the jobs configure theirs."""
    import batch
    from coincap_jobs.session import spark_session
    from embedded.java import java_home, spark_jars

    os.environ["JAVA_HOME"] = str(java_home())
    os.environ["PYSPARK_PYTHON"] = sys.executable
    paths = [str(ROOT / "functions"), str(ROOT / "dataproc_jobs")]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    # This one runs for minutes: the second compiler, which tests/run leaves out, pays here.
    options = os.environ.pop("JDK_JAVA_OPTIONS", None)
    session = spark_session(
        "coincap-tests",
        {
            **batch.SETTINGS,
            "spark.master": "local[2]",
            "spark.jars": ",".join(str(jar) for jar in spark_jars()),
            "spark.sql.shuffle.partitions": "2",
            "spark.sql.adaptive.enabled": "false",
            "spark.ui.enabled": "false",
            "spark.driver.memory": "2g",
            "spark.driver.extraJavaOptions": "-XX:+UseSerialGC",
            # Without pages too Spark keeps the plans of the last thousand queries.
            "spark.ui.retainedJobs": "10",
            "spark.ui.retainedStages": "10",
            "spark.sql.ui.retainedExecutions": "5",
            # The default asks a program, readlink, about each file of a log; this one serves
            # writers of one JVM, which all are here.
            "spark.delta.logStore.file.impl": "io.delta.storage.LocalLogStore",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
        },
    )
    if options is not None:
        os.environ["JDK_JAVA_OPTIONS"] = options
    yield session
    ended = session.sparkContext._gateway.proc.poll()
    assert ended is None, f"Spark's JVM ended with {ended} while it was needed"
    session.stop()
