"""Healthchecks of the heavier components, run against the embedded component of the same kind."""

import ast
import json
import os
import re
import subprocess
from functools import partial

import pytest
from stack_files import IMAGES, healthy

pytestmark = pytest.mark.slow
TOOLS = "org.apache.kafka:kafka-tools:4.1.0"
"""The jar of Kafka's command-line tools; a broker alone does not need it."""


def test_the_bigquery_emulators(services, supervisor):
    from embedded.bigquery import start_bigquery

    _, address = start_bigquery(supervisor)
    assert healthy(services["bigquery"], "9050", address.rpartition(":")[2])
    assert not healthy(services["bigquery"], "9050", "1")


def test_the_warehouse_outlives_its_container(services, supervisor):
    """By the image's own command: killed and started again, it has its tables."""
    from embedded.bigquery import duckdb_home
    from embedded.environments import program
    from embedded.export import warehouse
    from embedded.processes import free_port

    dockerfile = (IMAGES / "bigquery" / "Dockerfile").read_text("utf-8")
    (text,) = re.findall(r"^CMD (\[.+\])$", dockerfile, re.M)
    name, *words = json.loads(text)
    assert "bigquery:/data/bigquery" in services["bigquery"]["volumes"]
    port, folder = str(free_port()), str(supervisor.folder.root / "tables")
    moved = {"0.0.0.0": "127.0.0.1", "9050": port, "/data/bigquery": folder}
    words = [moved.get(word, word) for word in words] + ["--grpc-port", str(free_port())]

    def start():
        command, home = [program("emulator", name), *words], {"HOME": str(duckdb_home())}
        component = supervisor.start("warehouse", command, env=home)
        supervisor.wait_ready(component, lambda: healthy(services["bigquery"], "9050", port))
        return component, warehouse(f"http://127.0.0.1:{port}", "coincap-local")

    component, client = start()
    client.create_dataset("kept")
    client.query("create table kept.one as select 1 as n").result()
    component.process.kill()
    component.process.wait()
    _, client = start()
    assert [row.n for row in client.query("select n from kept.one", job_retry=None).result()] == [1]


def test_the_functions(services, supervisor, tmp_path):
    from embedded.functions_host import function_environment, start_function

    env = function_environment(str(tmp_path), "127.0.0.1:1", "http://127.0.0.1:1/v3", None, "clock")
    component = start_function(supervisor, "poll", {**os.environ, **env})
    assert healthy(services["function-poll"], "8080", component.address.rpartition(":")[2])
    assert not healthy(services["function-poll"], "8080", "1")


def test_kafkas_by_the_class_that_its_script_runs(services, supervisor):
    import jgo

    from embedded.java import java
    from embedded.kafka import start_kafka

    _, bootstrap = start_kafka(supervisor)
    script, option, address = services["kafka"]["healthcheck"]["test"][1:]
    assert re.search(r"/kafka-broker-api-versions\.sh$", script)
    assert address.endswith(":9092")
    jars = jgo.build(f"{TOOLS}+org.slf4j:slf4j-simple:1.7.36").all_jars
    command = [java(), "-cp", os.pathsep.join(map(str, jars))]
    command += ["org.apache.kafka.tools.BrokerApiVersionsCommand", option]
    done = subprocess.run([*command, bootstrap], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "id: 1" in done.stdout


def test_sparks_master_and_worker_by_the_commands_that_compose_gives(services, supervisor):
    from embedded.environments import program
    from embedded.processes import free_port
    from embedded.stream_job import spark_environment

    ports, hub = {"spark-master": free_port(), "spark-worker-1": free_port()}, free_port()
    env = {**spark_environment(), "SPARK_DAEMON_MEMORY": "256m"}
    moved = {
        "spark-master": "127.0.0.1",
        "7077": str(hub),
        "8080": str(ports["spark-master"]),
        "8081": str(ports["spark-worker-1"]),
        "spark://spark-master:7077": f"spark://127.0.0.1:{hub}",
    }
    for name, port in ports.items():
        first, *words = services[name]["command"]
        command = [program("spark", first), *(moved.get(word, word) for word in words)]
        folder = {"SPARK_WORKER_DIR": str(supervisor.folder.root / "spark-work")}
        component = supervisor.start(name, command, env={**env, **folder})
        inside = "8080" if name == "spark-master" else "8081"
        check = partial(healthy, services[name], inside, str(port))
        supervisor.wait_ready(component, check, 90)
        assert not healthy(services[name], inside, "1")
    assert batch_on(f"spark://127.0.0.1:{hub}", services, supervisor) == {"coincap on 1 core"}


BATCH = """
from pyspark.sql import SparkSession
def look(rows):
    from pyspark import TaskContext
    import coincap
    yield f"{coincap.__name__} on {TaskContext.get().cpus()} core"
spark = SparkSession.builder.getOrCreate()
assert spark.sparkContext.master.startswith("spark://")
print("said", set(spark.sparkContext.parallelize(range(4), 4).mapPartitions(look).collect()))
"""


def batch_on(master: str, services, supervisor) -> set[str]:
    """Run a batch as a DAG's task does, by compose's settings; return what its executor says."""
    from coincap_dags.operators import submit_words
    from coincap_dags.target import current
    from embedded.environments import program
    from embedded.stream_job import spark_environment

    job = supervisor.folder.root / "look.py"
    job.write_text(BATCH)
    compose = services["airflow-scheduler"]["environment"]
    here = {
        "COINCAP_SPARK_SUBMIT": program("spark", "spark-submit"),
        "COINCAP_SPARK_MASTER": master,
    }
    words = [*submit_words(current(compose | here)), str(job)]
    env = {**os.environ, **spark_environment()}
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return ast.literal_eval(re.search(r"^said (.*)$", done.stdout, re.M)[1])
