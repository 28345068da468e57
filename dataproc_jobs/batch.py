"""The batch job: silver, samples, candles, manifest.

    spark-submit batch.py --lake LAKE --manifest LAKE/state/manifest.json
    spark-submit batch.py --lake LAKE --from 2024-10-17T12:00:00Z --to 2024-10-17T13:00:00Z

A run takes what bronze has gained since the last. For a repair a window makes it read the
messages that arrived in Kafka then (UTC, the end exclusive) again.
"""

import argparse
import os
import sys
import time
from datetime import datetime

from coincap_batch.manifest import manifest
from coincap_batch.pipeline import DEFAULT_STEPS, STEPS, Batch
from coincap_batch.state import State
from coincap_batch.store import Store
from coincap_jobs.arguments import instant
from coincap_jobs.errors import JobError
from coincap_jobs.session import spark_session


def step_names(text: str) -> list[str]:
    """Return the chosen steps in the order in which they must run."""
    chosen = set(text.split(","))
    if unknown := chosen - STEPS.keys():
        raise argparse.ArgumentTypeError(
            f"no step {', '.join(sorted(unknown))}; there are {', '.join(STEPS)}"
        )
    return [name for name in STEPS if name in chosen]


def edge(text: str) -> datetime | None:
    """Return an edge of the window, None for the empty text of a parameter not given."""
    return instant(text) if text else None


def main(argv: list[str]) -> int:
    """Parse the arguments, run the steps, write the manifest; return the exit code."""
    parser = argparse.ArgumentParser(prog="batch.py", description=__doc__.splitlines()[0])
    parser.add_argument("--lake", required=True, help="root of the lake: folder or gs://bucket")
    parser.add_argument("--from", dest="start", type=edge, help="arrival to read again, UTC")
    parser.add_argument("--to", dest="end", type=edge, help="its end, exclusive")
    parser.add_argument("--steps", type=step_names, default=list(DEFAULT_STEPS), help="comma list")
    parser.add_argument("--postgres", default=os.environ.get("COINCAP_POSTGRES_DSN", ""))
    parser.add_argument("--manifest", help="where to write what the warehouse should load")
    options = parser.parse_args(argv)
    if bool(options.start) != bool(options.end):
        parser.error("a window has both --from and --to")
    if options.start and options.end <= options.start:
        parser.error(f"--to {options.end} is not after --from {options.start}")
    spark = spark_session("coincap-batch", SETTINGS)
    batch = Batch(
        Store(spark, options.lake),
        State(spark, options.lake),
        options.start,
        options.end,
        options.postgres,
    )
    try:
        _run(batch, options.steps)
        if options.manifest:
            batch.state.write_to(options.manifest, manifest(batch.store, batch.state))
    except JobError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    finally:
        spark.stop()
    return 0


def _run(batch: Batch, steps: list[str]) -> None:
    for name in steps:
        began = time.monotonic()
        STEPS[name](batch)
        print(f"{name}: {time.monotonic() - began:.1f} s", flush=True)


SETTINGS = {
    # New files are listed by as many tasks: 10,000 by default, where a second does for 32.
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "32",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.compression.codec": "zstd",
    # The checks of a record refer to a column dozens of times; inferring constraints over all
    # its aliases takes minutes and gigabytes (seen with polls).
    "spark.sql.constraintPropagation.enabled": "false",
    "spark.databricks.delta.snapshotPartitions": "2",
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
