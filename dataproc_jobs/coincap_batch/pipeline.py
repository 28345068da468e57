"""The steps of the batch, in order. Each can be run again, and alone, with the same outcome.

What has to be built anew is found by comparing the days' active files with those of the last
build, not from the window: a run that died half-way is completed by the next, whatever its
window.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from pyspark.sql import functions as F

from coincap.contract import record_type
from coincap_batch import bronze, frames, measures, samples, silver
from coincap_batch.at_once import at_once
from coincap_batch.manifest import fingerprint
from coincap_batch.state import State
from coincap_batch.store import Store
from coincap_batch.tables import (
    ASSET_SAMPLES,
    HISTORY,
    LIVE_HOURS,
    LIVE_HOURS_DDL,
    MARKET_SAMPLES,
    SERVING_HOURS,
    SERVING_HOURS_DDL,
    SILVER,
    LakeTable,
    topics_of,
)
from coincap_jobs.errors import JobError


@dataclass(frozen=True)
class Batch:
    """One run: where it works, the window of arrival (UTC, end exclusive), the live tables."""

    store: Store
    state: State
    start: datetime
    end: datetime
    postgres: str = ""


def build_silver(batch: Batch) -> None:
    """Bring the window's messages and new history files into the silver tables."""
    arrived = bronze.messages(batch.store.spark, batch.store.lake, batch.start, batch.end)
    jobs = [(_silver_table, batch, arrived, name) for name in SILVER]
    at_once([*jobs, (_history, batch), *_measures(batch)])


def _silver_table(batch: Batch, arrived, name: str) -> None:
    messages = arrived.where(F.col("topic").isin(*topics_of(name)))
    batch.store.upsert(SILVER[name], silver.silver(messages, record_type(name)))


def _history(batch: Batch) -> None:
    """Bring the landing zone's files that were not read before into silver."""
    folder = f"{batch.store.lake.rstrip('/')}/landing/history"
    done = set(batch.state.read("history").get("files", []))
    found = [f for f in batch.state.files_under(folder) if f.endswith(".ndjson.gz")]
    fresh = [path for path in found if path not in done]
    record = record_type("history")
    text = batch.store.spark.read.text(fresh) if fresh else _no_lines(batch)
    lines = text.withColumn("file", F.input_file_name())
    if fresh or not batch.store.exists(HISTORY):
        batch.store.upsert(HISTORY, silver.asset_history(lines, record), silver.ORDER)
        batch.state.write("history", {"files": found})


def _no_lines(batch: Batch):
    return batch.store.spark.createDataFrame([], "value string")


def _measures(batch: Batch) -> list[tuple]:
    window = (batch.start, batch.end)
    charts = batch.state.files_under(f"{batch.store.lake.rstrip('/')}/state/first_charts")
    return [
        (measures.count_messages, batch.store, *window),
        (measures.keep_first_charts, batch.store, charts),
    ]


def build_samples(batch: Batch) -> None:
    """Bring the samples of the window's silver rows into the tables of samples."""

    def build(source: str, table: LakeTable, make) -> None:
        rows = batch.store.read(SILVER[source]).where(
            (F.col("arrived_at") >= F.lit(batch.start)) & (F.col("arrived_at") < F.lit(batch.end))
        )
        batch.store.upsert(table, make(rows), silver.ORDER)

    at_once(
        [
            (build, "market", MARKET_SAMPLES, samples.market_samples),
            (build, "asset", ASSET_SAMPLES, samples.asset_samples),
        ]
    )


def build_candles(batch: Batch) -> None:
    """Rebuild the candles of every day whose samples or history changed since the last build."""
    sources = {
        table: batch.store.files(table) for table in (MARKET_SAMPLES, ASSET_SAMPLES, HISTORY)
    }
    prints = {
        table.name: {day: fingerprint(files) for day, files in days.items()}
        for table, days in sources.items()
    }
    built = batch.state.read("built")
    changed = {
        name: {day for day, value in days.items() if built.get(name, {}).get(day) != value}
        for name, days in prints.items()
    }
    market_days = changed[MARKET_SAMPLES.name]
    asset_days = market_days | changed[ASSET_SAMPLES.name] | changed[HISTORY.name]
    frames.market_candles(batch.store, sorted(market_days))
    frames.asset_candles(batch.store, sorted(asset_days))
    for table, columns in ((LIVE_HOURS, LIVE_HOURS_DDL), (SERVING_HOURS, SERVING_HOURS_DDL)):
        if not batch.store.exists(table):
            batch.store.replace(table, batch.store.spark.createDataFrame([], columns), [])
    batch.state.write("built", prints)


def rebuild_live(batch: Batch) -> None:
    """Put the live candles right that the stream queued for a rebuild."""
    from coincap_batch.live import rebuild_queued

    with _live(batch) as connection:
        changed = rebuild_queued(batch.store, connection, datetime.now(UTC))
    print(f"live candles rebuilt: {changed}", flush=True)


def measure_live(batch: Batch) -> None:
    """Bring the live tables' figures per hour into the lake."""
    from coincap_batch.live import live_hours, serving_hours

    spark = batch.store.spark
    with _live(batch) as connection:
        measured = {
            LIVE_HOURS: live_hours(spark, connection),
            SERVING_HOURS: serving_hours(spark, connection),
        }
    for table, hours in measured.items():
        days = [str(row.date) for row in hours.select("date").distinct().collect()]
        batch.store.replace(table, hours, days)


def _live(batch: Batch):
    """Connect to PostgreSQL; here and not above, because only these steps need psycopg."""
    from coincap_jobs.database import connect

    if not batch.postgres:
        raise JobError("this step needs the live tables: give --postgres or COINCAP_POSTGRES_DSN")
    return connect(batch.postgres, "coincap-batch", autocommit=True)


STEPS = {
    "silver": build_silver,
    "samples": build_samples,
    "candles": build_candles,
    "rebuilds": rebuild_live,
    "live": measure_live,
}
DEFAULT_STEPS = ("silver", "samples", "candles")
