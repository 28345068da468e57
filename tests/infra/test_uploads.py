"""Code goes up under names that change with its content, and all of it goes up."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from infra_support import INFRA, REPOSITORY, code_files, dag_environment, resources


def names(plan) -> set[str]:
    return {r["name"] for r in resources(plan, "google_storage_bucket_object")}


def test_functions_zip_is_named_after_its_files(plan, code_hashes):
    assert f"functions/{code_hashes['functions']}.zip" in names(plan)


def test_jobs_folder_is_named_after_jobs_and_contract(plan, code_hashes):
    prefix = f"jobs/{code_hashes['jobs'][:16]}"
    assert {f"{prefix}/{name}" for name in ("stream.py", "batch.py", "packages.zip")} <= names(plan)


def test_dags_go_to_composer_or_to_the_small_machine(plans):
    for profile, prefix in (("standard", ""), ("lean", "airflow/")):
        uploaded = {n for n in names(plans[profile]) if n.startswith(f"{prefix}dags/")}
        for folder, place in (
            ("composer_dags", "dags/"),
            ("functions/coincap", "dags/coincap/"),
            ("dbt", "dags/dbt/"),
        ):
            expected = {f"{prefix}{place}{name}" for name in code_files(folder)}
            assert expected, folder
            assert expected <= uploaded, (profile, folder)


@pytest.mark.parametrize(("profile", "prefix"), [("standard", ""), ("lean", "airflow/")])
def test_dbt_finds_its_models_and_seeds_among_the_uploaded_files(plans, tmp_path, profile, prefix):
    for uploaded in resources(plans[profile], "google_storage_bucket_object"):
        if uploaded["name"].startswith(f"{prefix}dags/") and uploaded["source"]:
            place = tmp_path / uploaded["name"].removeprefix(prefix)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(INFRA / uploaded["source"], place)
    project = tmp_path / "dags/dbt"
    sys.path.insert(0, str(REPOSITORY / "local_stack"))
    from embedded.environments import python

    dbt = Path(python("dbt")).with_name("dbt")
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("COINCAP_")}
    listed = subprocess.run(
        [dbt, "--quiet", "ls", "--target", "gcp", "--profiles-dir", project, "--output", "name",
         "--resource-type", "seed", "--resource-type", "model", "--resource-type", "snapshot"],
        cwd=project,
        env=inherited | dag_environment(plans[profile]) | {"DO_NOT_TRACK": "1"},
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert listed.returncode == 0, listed.stdout + listed.stderr
    seeds = {p.stem for p in (REPOSITORY / "functions/coincap/seeds").glob("*.csv")}
    models = {p.stem for p in (REPOSITORY / "dbt/models").rglob("*.sql")}
    found = set(listed.stdout.split())
    assert seeds | models <= found
    assert {"snap_assets", "snap_rates", "snap_exchanges"} <= found


def test_jobs_run_the_uploaded_code(plan):
    uploaded = names(plan)
    for job in resources(plan, "google_dataproc_job"):
        zips = job["pyspark_config"][0]["python_file_uris"]
        assert [z.split("-code/")[1] in uploaded for z in zips] == [True]
