"""Candles of one day: 2,000 markets at one-minute polls (2.9 million samples), by the batch job
on two cores and by DuckDB over the same Parquet. Seconds of each, and their ratio."""

import argparse
import re
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
    """Make the day, time both, print the ratio last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--markets", type=int, default=2000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="coincap-bench-") as folder:
        lake = Path(folder) / "lake"
        database = duckdb.connect()
        database.execute("set threads = 2; set timezone = 'UTC'")
        for first in range(0, 1440, 60):
            _append_hour(database, lake, options.markets, first)
        spark = _spark(lake)
        duck = min(_duckdb(database, lake, Path(folder)) for _ in range(3))
    print(f"samples={options.markets * 1440}")
    print(f"spark_candles_s={spark:.1f}")
    print(f"duckdb_candles_s={duck:.1f}")
    print(f"spark_over_duckdb={spark / duck:.1f}")
    return 0


def _append_hour(database, lake: Path, markets: int, first: int) -> None:
    """Append the samples of the hour from that minute of the day, as the hourly batch does."""
    rows = database.sql(SAMPLES.format(day=DAY, markets=markets, first=first)).to_arrow_table()
    write_deltalake(str(lake / "silver/market_samples"), rows, mode="append", partition_by=["date"])


def _spark(lake: Path) -> float:
    """Seconds of the step that makes candles of all four widths, Delta commits included."""
    began = time.monotonic()
    said = batch("--lake", str(lake), *WINDOW)
    print(f"whole_job_s={time.monotonic() - began:.1f}")
    return float(re.search(r"^candles: ([0-9.]+) s", said, re.MULTILINE)[1])


def _duckdb(database, lake: Path, folder: Path) -> float:
    """Seconds of the same candles of markets from the same files, written as Parquet."""
    files = DeltaTable(str(lake / "silver/market_samples")).file_uris()
    began = time.monotonic()
    database.execute(f"create or replace view samples as select * from read_parquet({files})")
    for minutes in (1, 5, 60, 1440):
        target = folder / f"candles-{minutes}.parquet"
        database.execute(CANDLES.format(minutes=minutes, target=target, weighted=WEIGHTED))
    return time.monotonic() - began


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(f"the batch failed: {error.stdout[-2000:]}")
