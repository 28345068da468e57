"""The steps of the batch, in order. Each can be run again, and alone, with the same outcome.

Each step remembers up to which version of its source it has read (changes.py) and takes what
came after, so nothing that arrives late is passed over. It writes that down after its tables: a
run that died half-way is completed by the next, which does some of it twice and changes nothing
by that. A window of arrival, for repairs, makes silver read that part of bronze again, whatever
was read before.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from coincap.contract import record_type
from coincap_batch import bronze, frames, measures, samples, silver
from coincap_batch.at_once import at_once
from coincap_batch.changes import Mark
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
    """One run: where it works, a window of arrival (UTC, end exclusive) or none, the live tables.

    Without a window a run takes what bronze has gained since the last run without one.
    """

    store: Store
    state: State
    start: datetime | None = None
    end: datetime | None = None
    postgres: str = ""


def build_silver(batch: Batch) -> None:
    """Bring new messages, or the window's, and new history files into the silver tables."""
    where = (batch.store.spark, batch.store.lake)
    if batch.start and batch.end:
        arrived, mark = bronze.messages(*where, batch.start, batch.end), None
    else:
        arrived, mark = bronze.gained(*where, Mark.of(batch.state.read("silver").get("bronze")))
    jobs = [(_silver_table, batch, arrived, name) for name in SILVER]
    at_once([*jobs, (_history, batch), *_measures(batch, arrived)])
    if mark:
        batch.state.write("silver", {"bronze": mark.json()})


def _silver_table(batch: Batch, arrived: DataFrame, name: str) -> None:
    messages = arrived.where(F.col("topic").isin(*topics_of(name)))
    rows = silver.silver(messages, record_type(name))
    batch.store.upsert(SILVER[name], rows, silver.ARRIVAL)


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


def _measures(batch: Batch, arrived: DataFrame) -> list[tuple]:
    charts = batch.state.files_under(f"{batch.store.lake.rstrip('/')}/state/first_charts")
    return [
        (measures.count_messages, batch.store, arrived),
        (measures.keep_first_charts, batch.store, charts),
    ]


def build_samples(batch: Batch) -> None:
    """Bring the samples of new silver rows into the tables of samples."""
    read = batch.state.read("samples")
    marks = {name: batch.store.mark(SILVER[name]) for name in ("market", "asset")}

    def build(source: str, table: LakeTable, make) -> None:
        rows = batch.store.gained(SILVER[source], Mark.of(read.get(source)), marks[source])
        batch.store.upsert(table, make(rows), (*silver.ORDER, *silver.ARRIVAL))

    at_once(
        [
            (build, "market", MARKET_SAMPLES, samples.market_samples),
            (build, "asset", ASSET_SAMPLES, samples.asset_samples),
        ]
    )
    batch.state.write("samples", {name: mark.json() for name, mark in marks.items()})


def build_candles(batch: Batch) -> None:
    """Rebuild the candles of every day whose samples or history changed since the last build."""
    built = batch.state.read("candles")
    sources = (MARKET_SAMPLES, ASSET_SAMPLES, HISTORY)
    marks = {table.name: batch.store.mark(table) for table in sources}
    changed = {
        table.name: batch.store.touched(table, Mark.of(built.get(table.name)), marks[table.name])
        for table in sources
    }
    market_days = changed[MARKET_SAMPLES.name]
    asset_days = market_days | changed[ASSET_SAMPLES.name] | changed[HISTORY.name]
    frames.market_candles(batch.store, sorted(market_days))
    frames.asset_candles(batch.store, sorted(asset_days))
    for table, columns in ((LIVE_HOURS, LIVE_HOURS_DDL), (SERVING_HOURS, SERVING_HOURS_DDL)):
        if not batch.store.exists(table):
            batch.store.replace(table, batch.store.spark.createDataFrame([], columns), [])
    batch.state.write("candles", {name: mark.json() for name, mark in marks.items()})


def rebuild_live(batch: Batch) -> None:
    """Put the live candles right that the stream queued for a rebuild."""
    from coincap_batch.live import rebuild_queued, waiting

    with _live(batch) as connection:
        changed = rebuild_queued(batch.store, connection, datetime.now(UTC))
        left, oldest = waiting(connection)
    print(f"live candles rebuilt: {changed}", flush=True)
    if left:
        print(f"still queued: {left} minutes, the oldest since {oldest:%Y-%m-%d %H:%M} UTC")


def measure_live(batch: Batch) -> None:
    """Bring the live tables' figures per hour into the lake."""
    from coincap_batch.live_hours import measure

    with _live(batch) as connection:
        measure(batch.store, batch.state, connection, datetime.now(UTC))


def roll_up_live(batch: Batch) -> None:
    """Bring the candles by the hour of changed days into PostgreSQL."""
    from coincap_batch.roll_ups import roll_up

    with _live(batch) as connection:
        print(f"hours rolled up: {roll_up(batch.store, connection)}", flush=True)


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
    "roll_ups": roll_up_live,
}
DEFAULT_STEPS = ("silver", "samples", "candles")
