"""What Airflow adds: the wall time of market_batch over the sum of its three commands, each run
by itself on a lake of its own with the same messages; and how long all DAG files take to import,
Airflow and the providers' own imports not counted."""

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from dbt_build import build
from spark_batch import batch

from embedded.environments import python
from embedded.places import REPOSITORY

for name in ("tests/batch", "tests/dags"):
    sys.path.insert(0, str(REPOSITORY / name))


def main() -> int:
    """Run the DAG, then its commands; print both and, last, their ratio."""
    from bronze_rows import START
    from market_hours import market_hours
    from pipeline_stack import start

    rows, until = market_hours(2), START + timedelta(hours=2)
    with tempfile.TemporaryDirectory(prefix="coincap-bench-") as folder:
        stack = start(Path(folder) / "dag")
        try:
            stack.feed(rows)
            began = time.monotonic()
            tasks = stack.hour(START, until).tasks
            wall = time.monotonic() - began
            imports = min(_import_seconds(stack.environment) for _ in range(3))
        finally:
            stack.supervisor.stop_all()
        commands = _commands(start(Path(folder) / "plain"), rows, START, until)
    print(f"tasks_s={ {name: round(seconds, 1) for name, seconds in tasks.items()} }")
    print(f"commands_s={ {name: round(seconds, 1) for name, seconds in commands.items()} }")
    print(f"dag_imports_s={imports:.2f}")
    print(f"dag_wall_s={wall:.1f}")
    print(f"wall_over_commands={wall / sum(commands.values()):.2f}")
    return 0


def _import_seconds(environment: dict[str, str]) -> float:
    """Seconds in which Airflow imports all files of composer_dags."""
    script = REPOSITORY / "tests" / "dags" / "inspect_dags.py"
    done = subprocess.run(
        [python("airflow"), "-W", "ignore", str(script), str(REPOSITORY / "composer_dags")],
        env={**os.environ, **environment, "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])["seconds"]


def _commands(stack, rows, start, until) -> dict[str, float]:
    """Seconds of spark-submit, of the load and of ``dbt build`` without Airflow."""
    from coincap_dags.load import load, read_manifest

    manifest, seconds = str(stack.lake / "manifest.json"), {}
    try:
        stack.feed(rows)
        began = time.monotonic()
        batch("--lake", str(stack.lake), "--from", start.isoformat(), "--to", until.isoformat(),
              "--manifest", manifest)  # fmt: skip
        seconds["spark"] = time.monotonic() - began
        began = time.monotonic()
        load(stack.client(), read_manifest(manifest), "gs://lake")
        seconds["load"] = time.monotonic() - began
        seconds["dbt"], _ = build(stack.endpoint, stack.supervisor.folder.root / "dbt")
    finally:
        stack.supervisor.stop_all()
    return seconds


if __name__ == "__main__":
    sys.exit(main())
