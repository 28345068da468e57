"""Judges the stream's dead letters again and brings those that pass now into the tables.

    spark-submit redeliver.py --postgres DSN --lake LAKE [--reason wrong_type] [--since 2024-10-17]

For after a change of the contract or of the job. The messages come from bronze; the stream may
run meanwhile. (The functions' dead letters: the function replay_dead_letters.)
"""

import argparse
import sys
from datetime import timedelta

import psycopg
from pyspark.sql import functions as F

from coincap_jobs.arguments import instant
from coincap_jobs.database import as_writer, connect
from coincap_jobs.errors import out_of_reach
from coincap_jobs.redelivery import messages, open_letters, redeliver
from coincap_jobs.session import spark_session


def main(argv: list[str]) -> int:
    """Parse the arguments, redeliver in portions, print one line; return the exit code."""
    parser = argparse.ArgumentParser(prog="redeliver.py", description=__doc__.splitlines()[0])
    parser.add_argument("--postgres", required=True, help="DSN; ending in #iam: IAM login")
    parser.add_argument("--lake", required=True, help="root of the lake: folder or gs://bucket")
    parser.add_argument("--reason", help="only letters of this reason")
    parser.add_argument(
        "--since", type=instant, default="1970-01-01", help="only letters recorded since, UTC"
    )
    parser.add_argument(
        "--window-h", type=float, default=24, help="the stream's --window-h, hours (24)"
    )
    options = parser.parse_args(argv)
    try:
        connection = as_writer(connect(options.postgres, "coincap-redeliver"))
    except psycopg.OperationalError as error:
        print(f"error: {out_of_reach(error)}", file=sys.stderr)
        return 2
    spark = spark_session("coincap-redeliver")
    seen = found = passed = 0
    after, times = "", []
    with connection:
        while letters := open_letters(connection, after, options.since, options.reason):
            originals = messages(spark, options.lake, letters).persist()
            passed += redeliver(connection, originals, letters, timedelta(hours=options.window_h))
            seen, after = seen + len(letters), letters[-1].dead_letter_id
            count, *arrived = originals.agg(
                F.count("*"), F.min("timestamp").cast("string"), F.max("timestamp").cast("string")
            ).first()
            found, times = found + count, times + [time for time in arrived if time]
            originals.unpersist()
    spark.stop()
    print(_line(seen, found, passed, times))
    return 0


def _line(seen: int, found: int, passed: int, times: list[str]) -> str:
    said = f"{passed} of {seen} letters are replayed, {found - passed} are refused still"
    if found < seen:
        said += f", {seen - found} are not in bronze (yet)"
    if passed:
        said += (
            f"; for the warehouse run market_batch with arrived_from {min(times)} and "
            f"arrived_to after {max(times)} (UTC)"
        )
    return said


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
