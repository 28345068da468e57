"""Command lines that Terraform renders are taken by the jobs' own argument parsers."""

import importlib.util
import os
import re
import subprocess
import sys

import pytest
from infra_support import REPOSITORY, resources

JOBS = REPOSITORY / "dataproc_jobs"
UNKNOWN = "--no-such-argument"


def planned(plan) -> dict[str, list[str]]:
    jobs = {}
    for job in resources(plan, "google_dataproc_job"):
        spark = job["pyspark_config"][0]
        jobs[spark["main_python_file_uri"].rpartition("/")[2]] = spark["args"]
    return jobs


@pytest.mark.parametrize("driver", ["migrate.py", "stream.py"])
def test_parser_takes_the_rendered_arguments(plans, driver):
    if importlib.util.find_spec("pyspark") is None:
        pytest.skip("pyspark is not installed here")
    arguments = planned(plans["standard"])[driver]
    path = os.pathsep.join([str(JOBS), str(REPOSITORY / "functions")])
    # An argument that no job has stops it after parsing, before it does anything; if the
    # parser disliked another one, its message would say so.
    done = subprocess.run(
        [sys.executable, JOBS / driver, *arguments, UNKNOWN],
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert re.search(rf"error: unrecognized arguments: {UNKNOWN}$", done.stderr.strip()), (
        done.stderr
    )


def test_no_password_stands_in_the_arguments(plans):
    for driver, arguments in planned(plans["production"]).items():
        text = " ".join(arguments)
        assert "password" not in text.lower(), driver
        assert "jaas" not in text.lower(), driver
        assert text.count("sslmode=require#iam") == 1, driver
