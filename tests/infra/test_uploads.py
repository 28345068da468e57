"""Code goes up under names that change with its content, and all of it goes up."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from infra_support import INFRA, REPOSITORY, dag_environment, resources

LEFT_OUT = re.compile(r"(^|/)(__pycache__/|\.|target/|logs/|dbt_packages/)|\.(pyc|md|in)$")


def files(folder: str) -> list[str]:
    root = REPOSITORY / folder
    paths = (p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())
    return sorted(p for p in paths if not LEFT_OUT.search(p))


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def content(lines: list[tuple[str, Path]]) -> str:
    return hashlib.sha256("\n".join(f"{n} {digest(p)}" for n, p in lines).encode()).hexdigest()


def names(plan) -> set[str]:
    return {r["name"] for r in resources(plan, "google_storage_bucket_object")}


def test_functions_zip_is_named_after_its_files(plan):
    root = REPOSITORY / "functions"
    expected = content([(name, root / name) for name in files("functions")])
    assert f"functions/{expected}.zip" in names(plan)


def test_jobs_folder_is_named_after_jobs_and_contract(plan):
    jobs = [(n, REPOSITORY / "dataproc_jobs" / n) for n in files("dataproc_jobs")]
    contract = [
        (f"coincap/{n}", REPOSITORY / "functions/coincap" / n) for n in files("functions/coincap")
    ]
    prefix = f"jobs/{content(jobs + contract)[:16]}"
    found = names(plan)
    drivers = [p.name for p in (REPOSITORY / "dataproc_jobs").glob("*.py")]
    assert drivers
    assert {f"{prefix}/{name}" for name in [*drivers, "packages.zip"]} <= found


def test_dags_go_to_composer_or_to_the_small_machine(plans):
    for profile, prefix in (("standard", ""), ("lean", "airflow/")):
        uploaded = {n for n in names(plans[profile]) if n.startswith(f"{prefix}dags/")}
        for folder, place in (
            ("composer_dags", "dags/"),
            ("functions/coincap", "dags/coincap/"),
            ("dbt", "dags/dbt/"),
        ):
            expected = {f"{prefix}{place}{name}" for name in files(folder)}
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
