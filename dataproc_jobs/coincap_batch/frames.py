"""Candles of every width of some days, from samples to tables.

Minutes are written first and read back; five minutes come of them, hours of five minutes, days
of hours. Each step reads a fifth or less of the one before, and what is stored is what counts.
"""

from collections.abc import Callable
from itertools import pairwise

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from coincap_batch import asset_candles as assets
from coincap_batch import candles, silver
from coincap_batch.at_once import at_once
from coincap_batch.store import Store
from coincap_batch.tables import (
    ASSET_CANDLES,
    ASSET_SAMPLES,
    FRAMES,
    HISTORY,
    MARKET_CANDLES,
    MARKET_KEY,
    MARKET_SAMPLES,
    LakeTable,
)

_OHLC = ("open", "high", "low", "close", "first_sampled_at", "last_sampled_at", "samples")
_MERGED = {
    MARKET_KEY: (*_OHLC[:-1], *candles.SUMS),
    assets.KEY: (*_OHLC, "minutes_sampled", "source"),
}
"""Columns that a coarser candle is merged of."""


def market_candles(store: Store, days: list[str]) -> None:
    """Replace the candles of markets of the days (ISO texts) by those of their samples."""

    def finished(rows: DataFrame, frame: str) -> DataFrame:
        return rows.withColumns(
            {
                "vwap": candles.own_vwap(),
                "source": F.lit("markets"),
                "has_gap": candles.has_gap(FRAMES[frame]),
            }
        )

    minutes = candles.from_samples(store.read(MARKET_SAMPLES, days), MARKET_KEY, "updated")
    _write(store, MARKET_CANDLES, MARKET_KEY, minutes, finished, days)


def asset_candles(store: Store, days: list[str]) -> None:
    """Replace the candles of assets of the days; those of their markets are there already."""
    history = assets.from_history(store.read(HISTORY, days))

    def finished(rows: DataFrame, frame: str) -> DataFrame:
        return assets.with_vwap(rows, store.read(MARKET_CANDLES[frame], days), FRAMES[frame])

    def filled(rows: DataFrame, frame: str) -> DataFrame:
        return assets.filled(rows, history) if FRAMES[frame] == assets.HOUR else rows

    own = store.read(ASSET_SAMPLES, days).withColumnRenamed("id", "asset_id")
    minutes = candles.from_samples(own, assets.KEY, "envelope_at")
    minutes = minutes.withColumn("source", F.lit("markets"))
    _write(store, ASSET_CANDLES, assets.KEY, minutes, finished, days, filled)


def _write(
    store: Store,
    tables: dict[str, LakeTable],
    key: tuple[str, ...],
    minutes: DataFrame,
    finished: Callable[[DataFrame, str], DataFrame],
    days: list[str],
    filled: Callable[[DataFrame, str], DataFrame] = lambda rows, _frame: rows,
) -> None:
    def replace(frame: str, rows: DataFrame) -> None:
        store.replace(tables[frame], silver.dated(finished(rows, frame), tables[frame]), days)

    finest, *coarser = FRAMES
    replace(finest, minutes)
    rows = store.read(tables[finest], days).select(*key, "period_start", *_MERGED[key])
    frames = {finest: rows}
    for finer, frame in pairwise((finest, *coarser)):
        merged = candles.merged(frames[finer], key, FRAMES[frame])
        frames[frame] = filled(merged, frame).persist()
    at_once([(replace, frame, frames[frame]) for frame in coarser])
    for frame in coarser:
        frames[frame].unpersist()
