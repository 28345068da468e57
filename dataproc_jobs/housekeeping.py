"""Housekeeping: OPTIMIZE and VACUUM in the lake, old partitions out of PostgreSQL.

spark-submit housekeeping.py --lake LAKE --keep-hours 168 --compact-days 3 \
    [--postgres DSN --candle-days 90]
"""

import argparse
import sys
import time
from datetime import UTC, datetime, timedelta

from delta.tables import DeltaTable
from pyspark.sql import SparkSession

from coincap_batch.at_once import at_once
from coincap_batch.tables import ALL
from coincap_jobs.errors import JobError
from coincap_jobs.retention import drop_expired
from coincap_jobs.session import spark_session
from coincap_jobs.turns import my_turn

LEAST_HOURS = 168
"""Delta's own limit: a shorter retention can delete files that a reader still needs."""

SETTINGS = {
    "spark.databricks.delta.snapshotPartitions": "2",
    # VACUUM lists a table's folders in as many tasks: 10,000 by default, 20 seconds of nothing.
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "32",
}


def main(argv: list[str]) -> int:
    """Compact and vacuum every Delta table that exists; return the exit code."""
    parser = argparse.ArgumentParser(prog="housekeeping.py", description=__doc__.splitlines()[0])
    parser.add_argument("--lake", required=True, help="root of the lake: folder or gs://bucket")
    parser.add_argument("--keep-hours", type=int, default=LEAST_HOURS, help="time travel, hours")
    parser.add_argument("--compact-days", type=int, default=3, help="days before today to compact")
    parser.add_argument("--postgres", default="", help="DSN; empty: leave PostgreSQL alone")
    parser.add_argument("--candle-days", type=int, default=90, help="days of live candles (90)")
    options = parser.parse_args(argv)
    if options.keep_hours < LEAST_HOURS:
        parser.error(f"--keep-hours {options.keep_hours} is below {LEAST_HOURS}, Delta's limit")
    spark = spark_session("coincap-housekeeping", SETTINGS)
    lake = options.lake.rstrip("/")
    today = datetime.now(UTC).date()
    # Today's files still change; compacting them would only be done again.
    days = f"date >= date'{today - timedelta(options.compact_days)}' and date < date'{today}'"
    paths = [f"{lake}/bronze", *(table.path(lake) for table in ALL)]
    try:
        at_once([(tidy, spark, path, days, options.keep_hours) for path in paths])
    finally:
        spark.stop()
    if options.postgres:
        try:
            print("\n".join(drop_expired(options.postgres, options.candle_days)))
        except JobError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
    return 0


def tidy(spark: SparkSession, path: str, days: str, keep_hours: int) -> None:
    """Compact the table's ``days`` (a predicate) and delete files older than ``keep_hours``.

    Nothing happens where no table is.
    """
    if not DeltaTable.isDeltaTable(spark, path):
        return
    began = time.monotonic()
    table = DeltaTable.forPath(spark, path)
    with my_turn(path):
        table.optimize().where(days).executeCompaction()
    table.vacuum(float(keep_hours))
    print(f"{path}: compacted, vacuumed in {time.monotonic() - began:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
