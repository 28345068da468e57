"""The SQL keeps the project's own style: dbt/.sqlfluff."""

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2] / "dbt"


def test_sqlfluff_finds_nothing():
    done = subprocess.run(
        [sys.executable, "-m", "sqlfluff", "lint", "--nocolor", "models", "data_tests"],
        cwd=PROJECT,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "All Finished" in done.stdout
