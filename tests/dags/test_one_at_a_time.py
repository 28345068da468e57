"""Airflow's scheduler starts one of the tasks that write lake or warehouse, and every other."""

import json
from pathlib import Path

from airflow_script import DAGS, LOCAL, run_airflow

from embedded import airflow
from embedded.places import RunFolder


def test_of_all_dags_at_once_one_writer_starts_and_every_other_task(tmp_path):
    airflow.prepare_database(RunFolder(tmp_path), {})
    script = [str(Path(__file__).with_name("queue_tasks.py")), str(DAGS)]
    places = {
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/airflow/airflow.db",
    }
    done = run_airflow(script, LOCAL | places, tmp_path / "airflow")
    assert done.returncode == 0, done.stderr[-2000:]
    started = json.loads(done.stdout.splitlines()[-1])
    assert len([task for _, task, slots in started if slots > 1]) == 1, started
    assert sorted(task for _, task, slots in started if slots == 1) == [
        "drop_leftovers", "fetch", "is_loaded", "is_loaded", "price", "replay",
    ]  # fmt: skip
