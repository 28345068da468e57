"""On Dataproc a driver stands alone beside the zip of the packages: it imports no other driver."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

JOBS = Path(__file__).parents[2] / "dataproc_jobs"
CONTRACT = JOBS.parent / "functions" / "coincap"
DRIVERS = sorted(path.name for path in JOBS.glob("*.py"))


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """The packages as Terraform zips them."""
    target = tmp_path_factory.mktemp("uploaded") / "packages.zip"
    with zipfile.ZipFile(target, "w") as archive:
        for root in (*JOBS.glob("coincap_*"), CONTRACT):
            for file in root.rglob("*"):
                if file.is_file() and "__pycache__" not in file.parts:
                    archive.write(file, file.relative_to(root.parent))
    return target


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_driver_starts_from_its_file_and_the_zip_alone(packages, tmp_path, driver):
    alone = tmp_path / driver
    alone.write_bytes((JOBS / driver).read_bytes())
    done = subprocess.run(
        [sys.executable, alone, "--help"],
        env={**os.environ, "PYTHONPATH": str(packages)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "usage:" in done.stdout
