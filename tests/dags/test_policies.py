"""Rules that every DAG keeps, on both targets."""

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


def test_spark_goes_to_dataproc_or_to_spark_submit(bag):
    task = dict(tasks(bag))["market_batch.silver_and_candles"]
    if bag["target"] == "local":
        assert task["command"].startswith("/env/bin/spark-submit --master 'local[2]'")
        assert "--jars a.jar,b.jar" in task["command"]
    else:
        assert task["type"] == "DataprocSubmitJobOperator"
        assert task["deferrable"]
        assert task["job"]["placement"] == {"cluster_name": "coincap-batch"}
        files = task["job"]["pyspark_job"]
        assert files["main_python_file_uri"] == "gs://demo-code/jobs/abc/batch.py"
        assert files["python_file_uris"] == ["gs://demo-code/jobs/abc/packages.zip"]


def test_the_cloud_asks_for_nothing_of_a_laptop(bag):
    words = ["local[2]", "emulator", "/data/lake"] if bag["target"] == "gcp" else ["gs://"]
    for name, task in tasks(bag):
        text = f"{task['command']} {task['job']}"
        assert not [word for word in words if word in text], name
