"""Each scheduled DAG as the first run of a new deployment: no lake, no dataset, no table."""

import pytest

pytestmark = pytest.mark.slow


def test_the_daily_runs_come_to_a_good_end_before_anything_is_loaded(stack):
    """Airflow starts a DAG that it sees for the first time at once: before the first load."""
    said = "raw.load_log holds nothing: skipped until market_batch has loaded a first day"
    for dag_id in ("reference_snapshots", "reconcile"):
        assert stack.run(dag_id).tasks.keys() == {"is_loaded"}
        assert said in stack.log(dag_id)
    done = stack.run("housekeeping")
    assert done.tasks.keys() == {"compact_and_vacuum", "drop_leftovers"}


def test_a_warehouse_of_empty_tables_is_still_nothing_to_compare(stack):
    """market_batch has run, but nothing had arrived."""
    assert stack.run("market_batch").dbt["models_passed"] > 40
    assert stack.run("reference_snapshots").tasks.keys() == {"is_loaded"}
    assert stack.run("reconcile").tasks.keys() == {"is_loaded"}
    assert "drop_leftovers" in stack.run("housekeeping").tasks
