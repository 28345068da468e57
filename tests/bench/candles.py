"""Candles of one day: 2,000 markets at one-minute polls (2.9 million samples), by the batch job
on two cores and by DuckDB over the same Parquet, by turns. Median seconds of each, their ratio.

Both start cold in each round, as a task of a DAG does: a process of its own and a copy of the lake
that has no candles yet, whose files were written a moment ago (the system has them in memory).
Timed is the step that makes candles; a process's start and its imports are not in it.
"""

import argparse
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
from deltalake import DeltaTable, write_deltalake
from spark_batch import batch

DAY = "2024-10-17"
WINDOW = ("--from", "1970-01-01T00:00:00Z", "--to", "1970-01-01T00:00:01Z")
SAMPLES = """
select
    'exchange-' || (m % 8) as exchange_id, 'asset-' || (m // 8) as base_id, 'tether' as quote_id,
    (timestamp '{day} 00:00:05' + interval (t) minute)::timestamptz as updated,
    (100 + hash(m, t) % 1000000007 / 1e9 + m)::decimal(38, 18) as price_usd,
    (10000 + hash(t, m) % 1000003)::decimal(20, 0) as weight,
    case when m % 9 = 0 then 'thin' end as distrust,
    (timestamp '{day}' + interval (t + 1) minute)::timestamptz as polled_at,
    'markets-' || t as snapshot_id, md5(m || '/' || t) as value_md5,
    'coincap.markets' as topic, 'id' as topic_id, 0::integer as "partition",
    (t * {markets} + m)::bigint as "offset", date '{day}' as date
from range({markets}) as a(m), range({first}, {first} + 60) as b(t)
"""
WEIGHTED = """
    sum(floor(price_usd)::decimal(18, 0)::hugeint * weight::hugeint) as whole,
    sum(((price_usd - floor(price_usd)) * 1000000000000000000)::hugeint * weight::hugeint)
        as fraction,
    sum(weight) as weight
"""
CANDLES = """
copy (
    select exchange_id, base_id, quote_id, time_bucket(interval '{minutes} minute', updated) as t,
        arg_min(price_usd, updated) as open, max(price_usd) as high, min(price_usd) as low,
        arg_max(price_usd, updated) as close, count(*) as samples, {weighted}
    from samples group by all
) to '{target}' (format parquet, compression zstd)
"""


def main() -> int:
    """Make the day, time both by turns, print the ratio last."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--markets", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--duckdb", type=Path, metavar="LAKE", help="DuckDB's part alone")
    options = parser.parse_args()
    if options.duckdb:
        print(f"{_duckdb(options.duckdb):.3f}")
        return 0
    seconds: dict[str, list[float]] = {"spark": [], "duckdb": []}
    ways = {"spark": _spark, "duckdb": _duckdb_alone}
    with tempfile.TemporaryDirectory(prefix="coincap-bench-") as folder:
        lake = Path(folder) / "lake"
        database = duckdb.connect()
        database.execute("set threads = 2; set timezone = 'UTC'")
        for first in range(0, 1440, 60):
            _append_hour(database, lake, options.markets, first)
        database.close()
        for number in range(options.rounds):
            for name in sorted(ways, reverse=number % 2 == 0):
                copy = Path(folder) / "copy"
                shutil.copytree(lake, copy)
                seconds[name].append(ways[name](copy))
                shutil.rmtree(copy)
                print(f"round {number + 1}: {name} {seconds[name][-1]:.1f} s", flush=True)
    print(f"samples={options.markets * 1440} rounds={options.rounds}")
    middle = {name: statistics.median(found) for name, found in seconds.items()}
    for name, found in seconds.items():
        print(f"{name}_candles_s={middle[name]:.1f} ({min(found):.1f}–{max(found):.1f})")
    print(f"spark_over_duckdb={middle['spark'] / middle['duckdb']:.1f}")
    return 0


def _append_hour(database, lake: Path, markets: int, first: int) -> None:
    """Append the samples of the hour from that minute of the day, as the hourly batch does."""
    rows = database.sql(SAMPLES.format(day=DAY, markets=markets, first=first)).to_arrow_table()
    write_deltalake(str(lake / "silver/market_samples"), rows, mode="append", partition_by=["date"])


def _spark(lake: Path) -> float:
    """Seconds of the step that makes candles of all four widths, Delta commits included."""
    began = time.monotonic()
    said = batch("--lake", str(lake), *WINDOW)
    print(f"whole job {time.monotonic() - began:.1f} s")
    return float(re.search(r"^candles: ([0-9.]+) s", said, re.MULTILINE)[1])


def _duckdb_alone(lake: Path) -> float:
    """Seconds of DuckDB's part in a process of its own."""
    command = [sys.executable, __file__, "--duckdb", str(lake)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _duckdb(lake: Path) -> float:
    """Seconds of the same candles of markets from the same files, written as Parquet."""
    database = duckdb.connect()
    database.execute("set threads = 2; set timezone = 'UTC'")
    files = DeltaTable(str(lake / "silver/market_samples")).file_uris()
    began = time.monotonic()
    database.execute(f"create or replace view samples as select * from read_parquet({files})")
    for minutes in (1, 5, 60, 1440):
        target = lake / f"candles-{minutes}.parquet"
        database.execute(CANDLES.format(minutes=minutes, target=target, weighted=WEIGHTED))
    return time.monotonic() - began


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(f"the batch failed: {error.stdout[-2000:]}")
