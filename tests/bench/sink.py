"""Messages into the keyed table ``markets``: our sink, Spark's JDBC writer, a bare COPY.

All start from the same messages in Spark's memory, but the bare COPY, which has its lines ready
in Python's memory and decodes nothing; all end with the same upsert and leave the same table
(checked). ``jdbc`` decodes with the contract as a Spark plan and writes every row;
``jdbc_reduced`` reduces first; ``jdbc_typed`` and ``ours_typed`` start from rows that are decoded
already, so they compare the sinks alone. A round runs each once, the first in rotating order;
medians over the rounds.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import psycopg
from live import machine, market_row
from psycopg import sql
from pyspark.sql import functions as F

from coincap.contract import record_type
from coincap.trust import distrust_sql
from coincap_jobs import kafka_source, merge, staging, wire
from coincap_jobs.copy_text import copy_lines
from coincap_jobs.decoding import Decoder
from coincap_jobs.reduce import reduce_rows, table_columns
from coincap_jobs.session import spark_session
from embedded import java
from embedded.places import RunFolder
from embedded.postgres import start_postgres
from embedded.processes import Supervisor
from embedded.stream_job import migrate, spark_environment

RECORD = record_type("market")
DRIVER = "org.postgresql:postgresql:42.7.4"
NEW_TRADE = 0.43
"""Share of polls that see a new trade: 57 of 100 markets repeated theirs after 23 minutes."""
START_MS = 1_729_168_200_000


def start_spark():
    """Return a local[2] session with Kafka's, Delta's and PostgreSQL's jars."""
    jars = ",".join(str(jar) for jar in [*java.spark_jars(), *java.jars("jdbc", DRIVER)])
    os.environ |= {k: v for k, v in spark_environment().items() if k != "PYTHONPATH"}
    os.environ["PYSPARK_SUBMIT_ARGS"] = (
        f"--master local[2] --driver-memory 2g --jars {jars} pyspark-shell"
    )
    return spark_session(
        "sink", {"spark.sql.adaptive.enabled": "false", "spark.sql.shuffle.partitions": "2"}
    )


def in_memory(spark, messages: int, markets: int):
    """Return messages as Kafka's source gives them, in Spark's memory: polls, by turns."""
    _, row = market_row(0, START_MS)
    poll = (F.col("id") / markets).cast("long")
    market = F.col("id") % markets
    # A trade is new with the measured share; which ones is fixed by a hash.
    traded = F.floor(poll * NEW_TRADE) * 60_000 + START_MS + market
    values = {
        **{name: F.lit(value) for name, value in row.items()},
        "exchangeId": F.concat(F.lit("exchange-"), (market % 40).cast("string")),
        "baseId": F.concat(F.lit("coin-"), (market / 40).cast("long").cast("string")),
        "priceQuote": F.concat(market.cast("string"), F.lit("."), (F.col("id") + 1).cast("string")),
        "priceUsd": F.concat(market.cast("string"), F.lit("."), (F.col("id") + 7).cast("string")),
        "updated": traded.cast("long"),
    }
    body = F.to_json(F.struct(*[values[f.name].alias(f.name) for f in RECORD.fields]))
    polled = F.timestamp_millis(F.lit(START_MS + 3_600_000) + poll * 60_000)
    stamp = F.date_format(polled, "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'")
    headers = F.create_map(
        F.lit("endpoint"), F.lit("markets"),
        F.lit("snapshot_id"), F.concat(F.lit("markets-"), poll.cast("string")),
        F.lit("polled_at"), stamp, F.lit("envelope_at"), stamp,
        F.lit("api_version"), F.lit("v3"),
    )  # fmt: skip
    pairs = F.transform(
        F.map_entries(headers),
        lambda h: F.struct(h["key"].alias("key"), h["value"].cast("binary").alias("value")),
    )
    raw = spark.range(0, messages, 1, 4).select(
        F.lit(RECORD.topic).alias("topic"), F.lit(0).alias("partition"),
        F.col("id").alias("offset"), F.current_timestamp().alias("timestamp"),
        F.col("id").cast("string").cast("binary").alias("key"),
        body.cast("binary").alias("value"), pairs.alias("headers"),
    ).persist()  # fmt: skip
    raw.count()
    return raw


class Sinks:
    """The three ways, each a method that leaves ``markets`` filled."""

    def __init__(self, spark, dsn: str, raw):
        self.spark, self.dsn, self.raw, self.turn = spark, dsn, raw, 0
        host, port = (part.split("=")[1] for part in dsn.split()[:2])
        self.url = f"jdbc:postgresql://{host}:{port}/coincap?reWriteBatchedInserts=true"
        self.decoder = Decoder(dsn, {RECORD.topic: "id"}, 2)
        self.typed = _flat(self._rows()).persist()
        self.lines = [line.encode() for _, line in copy_lines(self.typed, "markets").collect()]

    def _rows(self):
        messages = kafka_source.messages(self.raw, {RECORD.topic: "id"})
        return wire.good(wire.decode(messages, RECORD))

    def ours(self) -> None:
        """Decode, reduce and COPY in the executors, one merge: as the serve query does."""
        self.turn += 1
        done = self.decoder.decode(self.raw, {}, 10**9, f"b1_{self.turn}")
        self._merge_staged(done.staged, "markets")

    def ours_typed(self) -> None:
        """COPY every typed row in lines that Spark writes, from the executors, the same merge."""
        self.turn += 1
        lines = copy_lines(self.typed, "jdbc_markets")
        staged = staging.copy_from_executors(lines, self.dsn, f"b1_{self.turn}", 2)
        self._merge_staged(staged, "jdbc_markets")

    def jdbc(self) -> None:
        """Decode by plan, write every row with Spark's JDBC writer, the same merge."""
        self._jdbc(_flat(self._rows()))

    def jdbc_reduced(self) -> None:
        """Do the same with our reduction before the writer."""
        self._jdbc(reduce_rows(self._rows(), RECORD).select(*table_columns(RECORD)))

    def jdbc_typed(self) -> None:
        """Write rows that are decoded and typed already, the same merge."""
        self._jdbc(self.typed)

    def _jdbc(self, frame) -> None:
        frame.write.format("jdbc").mode("append").options(
            url=self.url, user="market_owner", dbtable="staging.jdbc_markets",
            driver="org.postgresql.Driver", batchsize="10000", stringtype="unspecified",
        ).save()  # fmt: skip
        self._merge_all("jdbc_markets")

    def bare_copy(self) -> None:
        """COPY every row's line, formatted beforehand, then the same merge."""
        with psycopg.connect(self.dsn) as connection, connection.cursor() as cursor:
            with cursor.copy("copy staging.jdbc_markets from stdin") as copy:
                for start in range(0, len(self.lines), 1000):
                    copy.write(b"".join(self.lines[start : start + 1000]))
            connection.commit()
        self._merge_all("jdbc_markets")

    def _merge_staged(self, staged: staging.Staged, target: str) -> None:
        with psycopg.connect(self.dsn) as connection, connection.cursor() as cursor:
            _upsert(cursor, merge._union(staged[target]))
            staging.drop(cursor, staged)

    def _merge_all(self, table: str) -> None:
        with psycopg.connect(self.dsn) as connection, connection.cursor() as cursor:
            _upsert(cursor, sql.SQL("staging.{} as s").format(sql.Identifier(table)))
            cursor.execute(sql.SQL("truncate staging.{}").format(sql.Identifier(table)))


def _flat(rows):
    return rows.withColumn("distrust", F.expr(distrust_sql())).select(*table_columns(RECORD))


def _upsert(cursor, source) -> None:
    cursor.execute(merge._upsert_latest(RECORD, source))


def content(dsn: str) -> tuple:
    """Return number and digest of the rows, and empty the table."""
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            "select count(*), md5(string_agg(m::text, ',' order by exchange_id, base_id, quote_id))"
            " from market.markets as m"
        ).fetchone()
        connection.execute("truncate market.markets")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("vacuum analyze market.markets")
    return found


def main() -> None:
    """Run the rounds and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=400_000, help="rows a round (400000)")
    parser.add_argument("--markets", type=int, default=20_000, help="keys (20000)")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="coincap-bench-") as folder:
        supervisor = Supervisor(RunFolder(Path(folder)))
        try:
            dsn = start_postgres(supervisor)[1]
            migrate(dsn)
            with psycopg.connect(dsn) as connection:
                connection.execute(
                    "create unlogged table staging.jdbc_markets as "
                    f"select {', '.join(table_columns(RECORD))} from market.markets with no data"
                )
            spark = start_spark()
            sinks = Sinks(spark, dsn, in_memory(spark, args.rows, args.markets))
            ways = [
                sinks.ours, sinks.jdbc, sinks.jdbc_reduced, sinks.ours_typed, sinks.jdbc_typed,
                sinks.bare_copy,
            ]  # fmt: skip
            for way in ways:
                way()
            reference = content(dsn)
            rates: dict[str, list[float]] = {way.__name__: [] for way in ways}
            for number in range(args.rounds):
                for way in ways[number % 6 :] + ways[: number % 6]:
                    started = time.perf_counter()
                    way()
                    rates[way.__name__].append(args.rows / (time.perf_counter() - started))
                    if content(dsn) != reference:
                        raise SystemExit(f"error: {way.__name__} left another table")
            spark.stop()
        finally:
            supervisor.stop_all()
    print(f"{machine()}; {args.rows} rows over {args.markets} keys, {args.rounds} rounds")
    middle = {name: statistics.median(found) for name, found in rates.items()}
    for name, found in rates.items():
        print(f"{name:>13}: {middle[name]:9,.0f} rows/s ({min(found):,.0f}–{max(found):,.0f})")
    for ours, other in (
        ("ours", "jdbc_reduced"), ("ours", "bare_copy"),
        ("ours_typed", "jdbc_typed"), ("ours_typed", "bare_copy"),
    ):  # fmt: skip
        print(f"{ours}_vs_{other}={middle[ours] / middle[other]:.2f}")
    print(f"sink_vs_spark_jdbc={middle['ours'] / middle['jdbc']:.2f}")


if __name__ == "__main__":
    main()
