"""dbt build of all models on the emulator over made-up raw tables: seconds per model and in all.

--markets 2000 --days 1 is one day of 2,000 markets at one-minute polls: 2.9 million rows."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from raw_tables import EMPTY, day_of, fill
from spark_batch import batch

from embedded.bigquery import PROJECT, start_bigquery
from embedded.environments import program
from embedded.places import REPOSITORY, RunFolder
from embedded.processes import Supervisor


def main() -> int:
    """Fill the raw tables, build, print each model's seconds and, last, the whole."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--markets", type=int, default=2000)
    parser.add_argument("--days", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="coincap-bench-") as folder:
        supervisor = Supervisor(RunFolder(Path(folder)))
        try:
            endpoint = start_bigquery(supervisor)[1]
            rows = _raw(supervisor.folder.lake, endpoint, options)
            first, models = build(endpoint, Path(folder) / "first")
            print(f"first build: {first:.1f} s", flush=True)
            again, _ = build(endpoint, Path(folder) / "again")
        finally:
            supervisor.stop_all()
    for seconds, name in sorted(models, reverse=True):
        print(f"{seconds:8.2f} s  {name}")
    print(f"rows_of_markets={rows}")
    print(f"dbt_build_unchanged_s={again:.1f}")
    print(f"dbt_build_s={first:.1f}")
    return 0


def _raw(lake: Path, endpoint: str, options) -> int:
    """Make the raw tables through the project's own load; return the rows of markets."""
    from google.api_core.client_options import ClientOptions
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import bigquery

    from coincap_dags.load import load

    manifest_file = lake / "manifest.json"
    batch("--lake", str(lake), *EMPTY, "--manifest", str(manifest_file))
    manifest = json.loads(manifest_file.read_text())
    began = time.monotonic()
    for number in range(options.days):
        fill(manifest, lake, day_of(number), options.markets)
    print(f"made up in {time.monotonic() - began:.1f} s", flush=True)
    client = bigquery.Client(
        PROJECT,
        credentials=AnonymousCredentials(),
        client_options=ClientOptions(api_endpoint=endpoint),
    )
    began = time.monotonic()
    done = {each.table: each.rows for each in load(client, manifest, "gs://lake")}
    print(
        f"load_s={time.monotonic() - began:.1f} ({sum(done.values()):,} rows of all tables)",
        flush=True,
    )
    return done["markets"]


def build(endpoint: str, target: Path) -> tuple[float, list[tuple[float, str]]]:
    """Run ``dbt build`` as the DAG does; return its seconds and those of each model."""
    target.mkdir()
    project = str(REPOSITORY / "dbt")
    places = ["--project-dir", project, "--profiles-dir", project]
    places += ["--target-path", str(target), "--log-path", str(target)]
    # dbt imports every module on its path that is called dbt_…: this file is one.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    began = time.monotonic()
    done = subprocess.run(
        [program("dbt", "dbt"), "build", "--exclude-resource-type", "unit_test", *places],
        env={**env, "BIGQUERY_EMULATOR_HOST": endpoint, "DO_NOT_TRACK": "1"},
        cwd=target, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(done.stdout[-3000:])
    results = json.loads((target / "run_results.json").read_text())["results"]
    models = [
        (result["execution_time"], result["unique_id"].split(".")[2])
        for result in results
        if result["unique_id"].startswith(("model.", "snapshot."))
    ]
    return time.monotonic() - began, models


if __name__ == "__main__":
    sys.exit(main())
