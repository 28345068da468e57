"""Command lines that Terraform and the DAGs render are taken by the jobs' own parsers."""

import importlib.util
import json
import os
import re
import subprocess
import sys

import pytest
from infra_support import REPOSITORY, dag_environment, resources

JOBS = REPOSITORY / "dataproc_jobs"
DAGS = REPOSITORY / "composer_dags"
UNKNOWN = "--no-such-argument"


def planned(plan) -> dict[str, list[str]]:
    jobs = {}
    for job in resources(plan, "google_dataproc_job"):
        spark = job["pyspark_config"][0]
        jobs[spark["main_python_file_uri"].rpartition("/")[2]] = spark["args"]
    return jobs


def refusal(driver: str, arguments: list[str]) -> str:
    """What a driver says to its arguments and one more that no job has.

    That one stops it after parsing, before it does anything; if the parser disliked another
    one, its message would say so.
    """
    if importlib.util.find_spec("pyspark") is None:
        pytest.skip("pyspark is not installed here")
    path = os.pathsep.join([str(JOBS), str(REPOSITORY / "functions")])
    done = subprocess.run(
        [sys.executable, JOBS / driver, *arguments, UNKNOWN],
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    return done.stderr.strip()


@pytest.mark.parametrize("driver", ["migrate.py", "stream.py"])
def test_parser_takes_terraforms_arguments(plans, driver):
    said = refusal(driver, planned(plans["standard"])[driver])
    assert re.search(rf"error: unrecognized arguments: {UNKNOWN}$", said), said


@pytest.fixture(scope="module")
def dag_jobs(plans, tmp_path_factory) -> dict[str, dict]:
    """What the DAGs submit in the environment that Terraform gives them, by DAG and task."""
    sys.path.insert(0, str(REPOSITORY / "tests" / "dags"))
    from airflow_script import run_airflow

    script = [str(REPOSITORY / "tests" / "dags" / "inspect_dags.py"), str(DAGS)]
    done = run_airflow(
        script, dag_environment(plans["standard"]), tmp_path_factory.mktemp("airflow")
    )
    assert done.returncode == 0, done.stderr[-2000:]
    bag = json.loads(done.stdout.splitlines()[-1])
    assert bag["errors"] == {}
    return {
        f"{dag}.{task}": facts["job"]
        for dag, found in bag["dags"].items()
        for task, facts in found["tasks"].items()
        if facts["job"]
    }


def test_parsers_take_the_dags_arguments(dag_jobs):
    assert len(dag_jobs) >= 4
    for name, job in dag_jobs.items():
        spark = job["pyspark_job"]
        said = refusal(spark["main_python_file_uri"].rpartition("/")[2], spark["args"])
        assert re.search(rf"error: unrecognized arguments: {UNKNOWN}$", said), (name, said)


def test_the_dags_submit_uploaded_code_to_the_planned_cluster(plans, dag_jobs):
    uploaded = {o["name"] for o in resources(plans["standard"], "google_storage_bucket_object")}
    clusters = {c["name"] for c in resources(plans["standard"], "google_dataproc_cluster")}
    for name, job in dag_jobs.items():
        spark = job["pyspark_job"]
        for file in (spark["main_python_file_uri"], *spark["python_file_uris"]):
            assert file.partition("-code/")[2] in uploaded, (name, file)
        assert job["placement"]["cluster_name"] in clusters, name


def test_no_password_stands_in_the_arguments(plans):
    for driver, arguments in planned(plans["production"]).items():
        text = " ".join(arguments)
        assert "password" not in text.lower(), driver
        assert "jaas" not in text.lower(), driver
        assert text.count("sslmode=require#iam") == 1, driver
