"""Bronze to marts without Airflow: the batch in the tests' Spark, the load, dbt build."""

from datetime import datetime

from dbt_command import dbt
from pipeline_stack import Stack

from coincap_batch import pipeline
from coincap_batch.manifest import manifest
from coincap_batch.state import State
from coincap_batch.store import Store
from coincap_dags.load import load

BUILD = ("build", "--exclude-resource-type", "unit_test")
"""As the DAGs build; test_formulas.py has the unit tests."""


def run(stack: Stack, spark, start: datetime, end: datetime, words=BUILD) -> None:
    """Bring what arrived in [start, end) into the marts; raises where dbt finds a fault."""
    batch = pipeline.Batch(Store(spark, str(stack.lake)), State(spark, str(stack.lake)), start, end)
    for step in pipeline.DEFAULT_STEPS:
        pipeline.STEPS[step](batch)
    load(stack.client(), manifest(batch.store, batch.state), "gs://lake")
    build(stack, words)


def build(stack: Stack, words=BUILD) -> None:
    """Run dbt over what is loaded."""
    target = stack.supervisor.folder.root / "dbt"
    target.mkdir(exist_ok=True)
    done = dbt(list(words), stack.endpoint, target)
    assert done.returncode == 0, done.stdout[-3000:]
