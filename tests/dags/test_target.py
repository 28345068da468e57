"""The choice of the target, from the environment alone."""

import pytest

from coincap_dags.target import TargetError, current


def test_nothing_set_is_a_laptop():
    target = current({})
    assert not target.on_gcp
    assert target.jobs.endswith("/dataproc_jobs")


def test_an_unknown_target_is_refused_with_the_way_out():
    with pytest.raises(TargetError, match="'aws'; set it to local or gcp"):
        current({"COINCAP_TARGET": "aws"})


def test_the_cloud_names_what_is_missing():
    with pytest.raises(TargetError, match="COINCAP_LAKE, COINCAP_JOBS, COINCAP_REGION"):
        current({"COINCAP_TARGET": "gcp", "COINCAP_PROJECT": "p", "COINCAP_CLUSTER": "c"})


@pytest.mark.parametrize(
    ("lake", "bucket"), [("/data/run/lake", "gs://lake"), ("gs://demo-lake", "gs://demo-lake")]
)
def test_the_lake_as_bigquery_sees_it(lake, bucket):
    assert current({"COINCAP_LAKE": lake}).lake_bucket == bucket


def test_spark_takes_two_cores_unless_told_otherwise():
    assert (current({}).spark_master, current({}).spark_memory) == ("local[2]", "2g")
    told = {"COINCAP_SPARK_MASTER": "spark://spark:7077", "COINCAP_SPARK_MEMORY": "4g"}
    target = current(told)
    assert (target.spark_master, target.spark_memory) == ("spark://spark:7077", "4g")
