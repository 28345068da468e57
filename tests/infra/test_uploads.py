"""Code goes up under names that change with its content, and all of it goes up."""

import hashlib
import re
from pathlib import Path

from infra_support import REPOSITORY, resources

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


def test_jobs_run_the_uploaded_code(plan):
    uploaded = names(plan)
    for job in resources(plan, "google_dataproc_job"):
        zips = job["pyspark_config"][0]["python_file_uris"]
        assert [z.split("-code/")[1] in uploaded for z in zips] == [True]
