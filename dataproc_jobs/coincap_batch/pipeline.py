"""The steps of the batch, in order. Each can be run again, and alone, with the same outcome.

What has to be built anew is found by comparing the days' active files with those of the last
build, not from the window: a run that died half-way is completed by the next, whatever its
window.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from pyspark import StorageLevel
from pyspark.sql import functions as F

from coincap.contract import record_type
from coincap_batch import asset_candles, bronze, candles, measures, samples, silver
from coincap_batch.manifest import fingerprint
from coincap_batch.state import State
from coincap_batch.store import Store
from coincap_batch.tables import (
    ASSET_CANDLES,
    ASSET_SAMPLES,
    FRAMES,
    HISTORY,
    LIVE_HOURS,
    LIVE_HOURS_DDL,
    MARKET_CANDLES,
    MARKET_KEY,
    MARKET_SAMPLES,
    SERVING_HOURS,
    SERVING_HOURS_DDL,
    SILVER,
    LakeTable,
    topics_of,
)

WRITERS = 3
"""Tables written at once: most of a small table's time is Delta's own, not the cores'."""


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
    _at_once([*jobs, (_history, batch), *_measures(batch)])


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

    _at_once(
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
    _market_candles(batch.store, sorted(market_days))
    _asset_candles(batch.store, sorted(asset_days))
    for table, columns in ((LIVE_HOURS, LIVE_HOURS_DDL), (SERVING_HOURS, SERVING_HOURS_DDL)):
        if not batch.store.exists(table):
            batch.store.replace(table, batch.store.spark.createDataFrame([], columns), [])
    batch.state.write("built", prints)


def _market_candles(store: Store, days: list[str]) -> None:
    rows = store.read(MARKET_SAMPLES, days)
    finer = candles.from_samples(rows, MARKET_KEY, "updated")
    frames = _merged_frames(finer, MARKET_KEY)
    finished = {
        frame: rows.withColumns(
            {
                "vwap": candles.vwap(),
                "source": F.lit("markets"),
                "has_gap": candles.has_gap(FRAMES[frame]),
            }
        )
        for frame, rows in frames.items()
    }
    _replace(store, MARKET_CANDLES, finished, days)
    frames["1m"].unpersist()


def _asset_candles(store: Store, days: list[str]) -> None:
    own = store.read(ASSET_SAMPLES, days).withColumnRenamed("id", "asset_id")
    frames = _merged_frames(
        candles.from_samples(own, asset_candles.KEY, "envelope_at"), asset_candles.KEY
    )
    history = store.read(HISTORY, days)
    finished = {}
    for frame, rows in frames.items():
        markets = store.read(MARKET_CANDLES[frame], days)
        ours = asset_candles.with_vwap(rows, markets, FRAMES[frame])
        if FRAMES[frame] >= asset_candles.HOUR:
            ours = asset_candles.filled(ours, asset_candles.from_history(history, FRAMES[frame]))
        finished[frame] = ours
    _replace(store, ASSET_CANDLES, finished, days)
    frames["1m"].unpersist()


def _merged_frames(minutes, key: tuple[str, ...]) -> dict:
    """Return the candles of every width; those of a minute are kept, the others made of them."""
    first = minutes.persist(StorageLevel.MEMORY_AND_DISK)
    return {
        frame: first if width == 1 else candles.merged(first, key, width)
        for frame, width in FRAMES.items()
    }


def _replace(store: Store, tables: dict[str, LakeTable], frames: dict, days: list[str]) -> None:
    _at_once(
        [
            (store.replace, tables[frame], silver.dated(rows, tables[frame]), days)
            for frame, rows in frames.items()
        ]
    )


def _at_once(jobs: list[tuple]) -> None:
    """Run the calls (function, arguments …) side by side; raise the first failure."""
    with ThreadPoolExecutor(WRITERS) as pool:
        running = [pool.submit(job, *arguments) for job, *arguments in jobs]
    for result in running:
        result.result()


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
        raise ValueError("this step needs the live tables: give --postgres or COINCAP_POSTGRES_DSN")
    return connect(batch.postgres, "coincap-batch", autocommit=True)


STEPS = {
    "silver": build_silver,
    "samples": build_samples,
    "candles": build_candles,
    "rebuilds": rebuild_live,
    "live": measure_live,
}
DEFAULT_STEPS = ("silver", "samples", "candles")
