"""Rules that every DAG keeps, on both targets."""

import os
import re
import subprocess

DEFAULT_POOL_SLOTS = 128
"""Of Airflow's default pool, unless somebody changes it; a test asks a real scheduler's."""
NAMES = {
    "market_batch",
    "history_backfill",
    "reference_snapshots",
    "reconcile",
    "housekeeping",
    "dead_letter_replay",
}


def tasks(bag):
    found = [
        (f"{name}.{task}", facts)
        for name, dag in bag["dags"].items()
        for task, facts in dag["tasks"].items()
    ]
    assert len(found) >= len(NAMES)
    return found


def test_every_file_imports_and_every_dag_is_there(bag):
    assert bag["errors"] == {}
    assert bag["dags"].keys() == NAMES


def test_every_dag_documents_itself_and_cannot_pile_up(bag):
    assert bag["dags"]
    for name, dag in bag["dags"].items():
        assert len(dag["doc"]) > 200, name
        assert dag["max_active_runs"] == 1, name
        assert dag["catchup"] is False, name
        assert dag["timeout_s"], name
        assert "coincap" in dag["tags"], name


def test_every_task_has_an_owner_and_an_end(bag):
    for name, task in tasks(bag):
        assert task["owner"] == "data-platform", name
        assert task["timeout_s"], name


def test_what_can_be_retried_is_and_dbt_is_not(bag):
    for name, task in tasks(bag):
        is_dbt = "--project-dir" in (task["command"] or "")
        assert task["retries"] == (0 if is_dbt else 2), name


def test_dags_that_follow_a_date_have_a_schedule_and_manual_ones_none(bag):
    manual = {name for name, dag in bag["dags"].items() if dag["schedule"] == "None"}
    assert manual == {"history_backfill", "dead_letter_replay"}


def test_a_scheduled_batch_covers_the_hour_before_it(bag):
    assert bag["dags"]["market_batch"]["interval_s"] == 3600


def test_the_clock_starts_three_dags_and_the_marts_the_fourth(bag):
    """As read back from the form that the scheduler keeps them in."""
    due = {name: dag["due"] for name, dag in bag["dags"].items() if dag["due"]}
    assert due.pop("market_batch").endswith(":05")
    assert due == {"reference_snapshots": "00:20", "housekeeping": "02:40"}
    last = bag["dags"]["market_batch"]["tasks"]["dbt_build"]
    assert bag["dags"]["reconcile"]["assets"] == last["updates"] == ["coincap_marts"]
    updating = [name for name, task in tasks(bag) if task["updates"]]
    assert updating == ["market_batch.dbt_build"], "reconcile must not start itself"


def test_spark_goes_to_dataproc_or_to_spark_submit(bag):
    task = dict(tasks(bag))["market_batch.silver_and_candles"]
    if bag["target"] == "local":
        assert task["command"].startswith("/env/bin/spark-submit --master 'local[2]'")
        assert "--jars a.jar,b.jar" in task["command"]
    else:
        assert task["type"] == "DataprocSubmitJobOperator"
        assert task["job"]["placement"]["cluster_name"] == "coincap-batch"
        files = task["job"]["pyspark_job"]
        assert files["main_python_file_uri"] == "gs://demo-code/jobs/abc/batch.py"
        assert files["python_file_uris"] == ["gs://demo-code/jobs/abc/packages.zip"]


def test_the_cloud_asks_for_nothing_of_a_laptop(bag):
    words = ["local[2]", "emulator", "/data/lake"] if bag["target"] == "gcp" else ["gs://"]
    for name, task in tasks(bag):
        text = f"{task['command']} {task['job']}"
        assert not [word for word in words if word in text], name


def test_what_writes_lake_or_warehouse_runs_alone_and_leaves_room_for_the_rest(bag):
    """Two such tasks do not fit into the pool, whatever DAGs they are in; none waits with slots."""
    writes = {name: task for name, task in tasks(bag) if is_writer(task)}
    others = {name: task for name, task in tasks(bag) if not is_writer(task)}
    assert len(writes) >= 11
    for name, task in writes.items():
        assert task["pool"] == "default_pool", name
        assert DEFAULT_POOL_SLOTS / 2 < task["pool_slots"] <= DEFAULT_POOL_SLOTS, name
        # A deferred task holds no slot of the default pool while its job goes on.
        assert not task["deferrable"], name
    left = DEFAULT_POOL_SLOTS - max(task["pool_slots"] for task in writes.values())
    assert sum(task["pool_slots"] for task in others.values()) <= left


def is_writer(task) -> bool:
    command = task["command"] or ""
    loads = any("manifest" in argument for argument in task["arguments"])
    return loads or bool(task["job"]) or "spark-submit" in command or "--project-dir" in command


def test_every_load_takes_the_newest_manifest(bag):
    """An address that names a run would put back the days of that run when its load is cleared."""
    addresses = {a for name, task in tasks(bag) if ".load_" in name for a in task["arguments"]}
    lake = "/data/lake" if bag["target"] == "local" else "gs://demo-lake"
    assert addresses == {f"{lake}/state/manifest.json"}
    words = [f"{task['command']} {task['job']}" for _, task in tasks(bag)]
    assert sum(f"{lake}/state/manifest.json" in text for text in words) == 3


def test_every_dataproc_job_has_only_fields_that_dataproc_knows(bag):
    """They were rendered and made into Dataproc's own type, which refuses any other field."""
    jobs = {name: task["job"] for name, task in tasks(bag) if task["job"]}
    assert len(jobs) == (0 if bag["target"] == "local" else 4)
    for name, job in jobs.items():
        assert re.fullmatch("[A-Za-z0-9_-]{1,100}", job["reference"]["job_id"]), name
        assert job["reference"]["job_id"].endswith("-2"), "a retry's job has a name of its own"
        arguments = job["pyspark_job"]["args"]
        assert arguments[:2] == ["--lake", "gs://demo-lake"], name
        assert not [word for word in arguments if "{{" in word], name


def test_parsing_a_file_touches_nothing(bag):
    """No connection, process or file to write: Airflow parses each file every half minute."""
    assert bag["files"].keys() == {f"{name}.py" for name in NAMES}
    assert {name: file["effects"] for name, file in bag["files"].items() if file["effects"]} == {}


def test_parsing_a_file_imports_nothing_but_airflow(bag):
    """What a task needs it imports itself; clients of Google and the like take seconds."""
    allowed = {"airflow", "pendulum"}
    for name, file in bag["files"].items():
        assert set(file["packages"]) <= allowed, name


def test_a_file_costs_less_than_a_second_beyond_the_providers(bag):
    """The one bound in seconds among these tests: of CPU, which waiting does not add to."""
    for name, file in bag["files"].items():
        assert file["cpu_s"] < 1, name


def test_dbt_leaves_no_folder_behind_that_nobody_named(bag, tmp_path):
    """With dbt replaced by a command that only shows where it was told to write."""
    commands = [
        task["command"] for _, task in tasks(bag) if "--project-dir" in str(task["command"])
    ]
    assert len(commands) == 5
    for command in commands:
        script = re.sub(r"&& \S*dbt ", "&& ls -d . && echo ", command)
        env = {"TMPDIR": str(tmp_path), "PATH": os.environ["PATH"]}
        done = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        assert f"--target-path {tmp_path}/tmp." in done.stdout
        assert list(tmp_path.iterdir()) == []
