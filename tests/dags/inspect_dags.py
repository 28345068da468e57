"""Print, as JSON, what the policies need to know of every DAG; run by Airflow's own Python.

Prints one object: errors per file, and per DAG its settings and tasks.
"""

import json
import sys
import time


def task_facts(task) -> dict:
    """Return the settings of one task, and what it would submit."""
    return {
        "type": type(task).__name__,
        "retries": task.retries,
        "timeout_s": task.execution_timeout.total_seconds() if task.execution_timeout else None,
        "owner": task.owner,
        "command": getattr(task, "bash_command", None),
        "job": getattr(task, "job", None),
        "deferrable": getattr(task, "deferrable", False),
    }


def interval_s(dag) -> float | None:
    """Return how long the data interval of a scheduled run is, None where it has none."""
    from airflow.serialization.serialized_objects import SerializedDAG
    from airflow.timetables.base import TimeRestriction

    timetable = SerializedDAG.deserialize_dag(SerializedDAG.serialize_dag(dag)).timetable
    restriction = TimeRestriction(earliest=None, latest=None, catchup=False)
    info = timetable.next_dagrun_info(last_automated_data_interval=None, restriction=restriction)
    if info is None or info.data_interval is None:
        return None
    return (info.data_interval.end - info.data_interval.start).total_seconds()


def main(folder: str) -> None:
    """Load the folder's DAGs and print what they are."""
    sys.path.insert(0, folder)
    import airflow.sdk  # noqa: F401  paid once, not by the first DAG file
    from airflow.models.dagbag import DagBag
    from airflow.providers.standard.operators.bash import BashOperator  # noqa: F401

    began = time.monotonic()
    bag = DagBag(folder, include_examples=False, safe_mode=False)
    dags = {
        dag.dag_id: {
            "schedule": str(dag.schedule),
            "interval_s": interval_s(dag),
            "catchup": dag.catchup,
            "max_active_runs": dag.max_active_runs,
            "timeout_s": dag.dagrun_timeout.total_seconds() if dag.dagrun_timeout else None,
            "doc": dag.doc_md or "",
            "tags": sorted(dag.tags),
            "tasks": {task.task_id: task_facts(task) for task in dag.tasks},
        }
        for dag in bag.dags.values()
    }
    facts = {"errors": bag.import_errors, "dags": dags, "seconds": time.monotonic() - began}
    print(json.dumps(facts, default=str))


if __name__ == "__main__":
    main(sys.argv[1])
