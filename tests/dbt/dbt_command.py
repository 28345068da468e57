"""dbt, run as the DAGs run it."""

import os
import subprocess
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2] / "dbt"


def dbt(words: list[str], endpoint: str, target: Path) -> subprocess.CompletedProcess:
    """Run a dbt command of the project; its artefacts go to ``target``."""
    from embedded.environments import program

    places = ["--project-dir", PROJECT, "--profiles-dir", PROJECT]
    places += ["--target-path", target, "--log-path", target]
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("COINCAP_")}
    return subprocess.run(
        [program("dbt", "dbt"), *words, *map(str, places)],
        env={**inherited, "BIGQUERY_EMULATOR_HOST": endpoint, "DO_NOT_TRACK": "1"},
        cwd=target,
        capture_output=True,
        text=True,
        check=False,
    )
