"""Print, as JSON, what the policies need to know of every DAG; run by Airflow's own Python.

Prints one object: errors per file, what each file's import did (CPU seconds, packages, side
effects), and per DAG its settings and tasks, with jobs as they would be submitted.
"""

import datetime
import json
import os
import sys
import time
import types
from pathlib import Path

EFFECTS = ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.exec",
           "os.fork", "os.posix_spawn", "os.mkdir", "os.rename", "os.remove", "sqlite3.connect",
           "urllib.Request", "shutil.copyfile", "tempfile.mkstemp", "tempfile.mkdtemp")  # fmt: skip
"""Python's names of what a DAG file must not do while it is parsed; so are files to write."""


FIRST = str(Path(__file__).with_name("first_dag.py"))
"""Loaded before all others: with its first file Airflow loads the plugins of its providers."""


def task_facts(task) -> dict:
    """Return the settings of one task, and what it would submit."""
    return {
        "type": type(task).__name__,
        "retries": task.retries,
        "timeout_s": task.execution_timeout.total_seconds() if task.execution_timeout else None,
        "owner": task.owner,
        "pool": task.pool,
        "pool_slots": task.pool_slots,
        "updates": [asset.name for asset in task.outlets],
        "command": getattr(task, "bash_command", None),
        "arguments": list(getattr(task, "op_args", ())),
        "job": submitted(task),
        "deferrable": getattr(task, "deferrable", False),
    }


def submitted(task) -> dict | None:
    """Return a task's Dataproc job, rendered for a scheduled run; None where it has none.

    Raises ValueError where Dataproc has no such field, at whatever depth.
    """
    if not hasattr(task, "job"):
        return None
    from google.cloud.dataproc_v1.types import Job

    day = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    task.render_template_fields(
        {
            "run_id": "scheduled__2026-01-01T00:05:00.123456+00:00",
            "ti": types.SimpleNamespace(try_number=2),
            "params": task.dag.params.dump(),
            "data_interval_start": day,
            "data_interval_end": day + datetime.timedelta(hours=1),
        }
    )
    return Job.to_dict(Job(mapping=task.job, ignore_unknown_fields=False))


def load_file(bag, file: Path) -> dict:
    """Bring one DAG file into the bag; return what its import did."""
    effects: list[str] = []

    def note(event: str, arguments: tuple) -> None:
        writes = event == "open" and any(m in str(arguments[1] or "") for m in "wax+")
        if watching and (writes or event in EFFECTS) and _by(file.parent):
            effects.append(f"{event} {arguments[:1]}")

    watching, before, began = True, set(sys.modules), time.process_time()
    sys.addaudithook(note)
    bag.process_file(str(file), only_if_updated=False, safe_mode=False)
    took, watching = time.process_time() - began, False
    packages = {name.partition(".")[0] for name in set(sys.modules) - before}
    ours = {"coincap_dags", *(name for name in packages if name.startswith("unusual_prefix"))}
    return {
        "cpu_s": took,
        "effects": effects,
        "packages": sorted(packages - ours - set(sys.stdlib_module_names)),
    }


def _by(folder: Path) -> bool:
    """Say whether code of the DAGs is what runs now."""
    frame = sys._getframe(2)
    while frame:
        if frame.f_code.co_filename.startswith(f"{folder}/"):
            return True
        frame = frame.f_back
    return False


def schedule_facts(dag) -> dict:
    """Return what starts the DAG, as the scheduler reads it from its database.

    ``interval_s``: the data interval of a run by the clock, None where it has none; ``due``: when
    such a run starts (minutes and seconds from midnight); ``assets``: those it waits for.
    """
    from airflow.serialization.serialized_objects import SerializedDAG
    from airflow.timetables.base import TimeRestriction

    timetable = SerializedDAG.deserialize_dag(SerializedDAG.serialize_dag(dag)).timetable
    restriction = TimeRestriction(earliest=None, latest=None, catchup=False)
    info = timetable.next_dagrun_info(last_automated_data_interval=None, restriction=restriction)
    interval = info and info.data_interval
    return {
        "interval_s": (interval.end - interval.start).total_seconds() if interval else None,
        "due": f"{info.run_after:%H:%M}" if info else None,
        "assets": sorted(asset.name for _, asset in timetable.asset_condition.iter_assets()),
    }


def main(folder: str) -> None:
    """Load the folder's DAGs and print what they are."""
    sys.path.insert(0, folder)
    # Paid once, not by the first DAG file; Dataproc's take seconds, and only the cloud needs them.
    import airflow.sdk
    from airflow.models.dagbag import DagBag
    from airflow.providers.standard.operators.bash import BashOperator  # noqa: F401

    if os.environ["COINCAP_TARGET"] == "gcp":
        import airflow.providers.google.cloud.operators.dataproc  # noqa: F401

    began = time.monotonic()
    bag = DagBag(os.devnull, include_examples=False)
    bag.process_file(FIRST, only_if_updated=False, safe_mode=False)
    assert bag.dags.pop("first"), bag.import_errors
    files = {file.name: load_file(bag, file) for file in sorted(Path(folder).glob("*.py"))}
    seconds = time.monotonic() - began
    dags = {
        dag.dag_id: {
            "schedule": str(dag.schedule),
            **schedule_facts(dag),
            "catchup": dag.catchup,
            "max_active_runs": dag.max_active_runs,
            "timeout_s": dag.dagrun_timeout.total_seconds() if dag.dagrun_timeout else None,
            "doc": dag.doc_md or "",
            "tags": sorted(dag.tags),
            "tasks": {task.task_id: task_facts(task) for task in dag.tasks},
        }
        for dag in bag.dags.values()
    }
    facts = {"errors": bag.import_errors, "dags": dags, "files": files, "seconds": seconds}
    print(json.dumps(facts, default=str))


if __name__ == "__main__":
    main(sys.argv[1])
