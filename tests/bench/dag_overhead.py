"""What Airflow adds: the wall time of market_batch, from the start of ``airflow`` to its end, over
the sum of its three commands in the same run; and how long all DAG files take to import, Airflow
and the providers' own imports not counted."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

from embedded.environments import python
from embedded.places import REPOSITORY

for name in ("composer_dags", "tests/batch", "tests/dags"):
    sys.path.insert(0, str(REPOSITORY / name))
_COMMAND = re.compile(r"^(\S+Z) .*(?:Running command: |Command exited with)", re.MULTILINE)


def main() -> int:
    """Run the DAG over two hours of a small market; print its tasks, commands and the ratio."""
    from bronze_rows import START
    from market_hours import market_hours
    from pipeline_stack import start

    with tempfile.TemporaryDirectory(prefix="coincap-bench-") as folder:
        stack = start(Path(folder))
        try:
            stack.feed(market_hours(2))
            began = time.monotonic()
            tasks = stack.hour(START, START + timedelta(hours=2)).tasks
            wall = time.monotonic() - began
            spark, dbt = _seconds_of_commands(stack.log("market_batch"))
            commands = {"spark-submit": spark, "load": _load_again(stack), "dbt build": dbt}
            imports = _import_seconds(stack.environment)
        finally:
            stack.supervisor.stop_all()
    print(f"tasks_s={_listed(tasks)}")
    print(f"commands_s={_listed(commands)}")
    print(f"dag_imports_s={imports:.2f}")
    print(f"dag_wall_s={wall:.1f}")
    print(f"wall_over_commands={wall / sum(commands.values()):.2f}")
    return 0


def _listed(seconds: dict[str, float]) -> str:
    return ", ".join(f"{name} {took:.1f}" for name, took in seconds.items())


def _seconds_of_commands(log: str) -> list[float]:
    """Seconds of each command that the run started, from its start to its exit."""
    times = [datetime.fromisoformat(text) for text in _COMMAND.findall(log)]
    pairs = zip(times[::2], times[1::2], strict=True)
    return [(end - begin).total_seconds() for begin, end in pairs]


def _load_again(stack) -> float:
    """Seconds of the same load without a task around it, from the run's manifest."""
    from coincap_dags.load import load, read_manifest

    client = stack.client()
    client.query("delete from raw.load_log where true").result()
    began = time.monotonic()
    load(client, read_manifest(str(stack.lake / "state" / "manifest.json")), "gs://lake")
    return time.monotonic() - began


def _import_seconds(environment: dict[str, str]) -> float:
    """Seconds in which Airflow imports all files of composer_dags."""
    script = REPOSITORY / "tests" / "dags" / "inspect_dags.py"
    done = subprocess.run(
        [python("airflow"), "-W", "ignore", str(script), str(REPOSITORY / "composer_dags")],
        env={**os.environ, **environment, "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])["seconds"]


if __name__ == "__main__":
    sys.exit(main())
