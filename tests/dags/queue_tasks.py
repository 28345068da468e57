"""Print what a scheduler would start if every task of every DAG were due; run by Airflow's Python.

One line of JSON: a list of [DAG, task, slots of the pool].
"""

import json
import sys

import pendulum
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.jobs.job import Job
from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
from airflow.models import DagModel
from airflow.models.dagbag import DagBag, sync_bag_to_db
from airflow.models.serialized_dag import SerializedDagModel
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState, TaskInstanceState
from airflow.utils.types import DagRunTriggeredByType, DagRunType


def main(folder: str) -> None:
    """Give each DAG of the folder a run of tasks that are due, and ask the scheduler once."""
    DagBundlesManager().sync_bundles_to_db()
    sync_bag_to_db(DagBag(folder, include_examples=False, safe_mode=False), "dags-folder", None)
    now = pendulum.now("UTC")
    with create_session() as session:
        for model in session.query(DagModel).all():
            run = SerializedDagModel.get_dag(model.dag_id).create_dagrun(
                run_id=model.dag_id, logical_date=now, data_interval=(now, now), run_after=now,
                run_type=DagRunType.MANUAL, triggered_by=DagRunTriggeredByType.TEST,
                state=DagRunState.RUNNING, session=session,
            )  # fmt: skip
            for task in run.get_task_instances(session=session):
                task.state = TaskInstanceState.SCHEDULED
        session.query(DagModel).update({"is_paused": False})
        session.flush()
        # Its own choice of what to queue, without the loop and the processes around it.
        runner = SchedulerJobRunner(Job())
        started = runner._executable_task_instances_to_queued(max_tis=99, session=session)
        print(json.dumps([[task.dag_id, task.task_id, task.pool_slots] for task in started]))


if __name__ == "__main__":
    main(sys.argv[1])
