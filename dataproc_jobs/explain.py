"""Says which messages made a figure, what was left out and why, and what computed it.

    spark-submit explain.py asset_candles_1h bitcoin --lake LAKE --start 2024-10-17T12:00:00Z
    spark-submit explain.py market_candles_1h binance bitcoin tether --lake LAKE \
        --start 2024-10-17T12:00:00Z
    spark-submit explain.py realised_volatility bitcoin --lake LAKE --start 2024-10-17T12:00:00Z
    spark-submit explain.py live_spread bitcoin --lake LAKE --postgres DSN

The marts are those of functions/coincap/seeds/figures.csv; a mart of newest rows needs no
--start. In BigQuery the view marts.explain_figures answers the same, but for copies of a message:
those end in bronze, which only the lake has.
"""

import argparse
import os
import sys

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from coincap_batch import explain
from coincap_batch.bronze import everything
from coincap_batch.store import Store
from coincap_batch.tables import ASSET_CANDLES, HISTORY, MARKET_CANDLES, MARKET_KEY, SILVER
from coincap_jobs.arguments import instant
from coincap_jobs.session import spark_session

LIVE = "live_spread"
SOURCES = {"market": "markets", "asset": "assets", "history": "CoinCap's hourly history"}
CANDLES = {table.name: table for table in (*MARKET_CANDLES.values(), *ASSET_CANDLES.values())}


def main(argv: list[str]) -> int:
    """Print the figure's messages; return 0, or 1 where nothing was found."""
    parser = argparse.ArgumentParser(prog="explain.py", description=__doc__.splitlines()[0])
    parser.add_argument("mart", help=f"mart of the figure, or {LIVE}")
    parser.add_argument("key", nargs="+", help="asset, or exchange base quote of a market")
    parser.add_argument("--lake", required=True, help="root of the lake: folder or gs://bucket")
    parser.add_argument("--start", type=instant, help="start of the figure's period, UTC")
    parser.add_argument("--postgres", default=os.environ.get("COINCAP_POSTGRES_DSN", ""))
    options = parser.parse_args(argv)
    is_market = options.mart.startswith("market_candles")
    wanted = MARKET_KEY if is_market else ("base_id",)
    if len(options.key) != len(wanted):
        parser.error(f"{options.mart} takes {' '.join(wanted)}, not {' '.join(options.key)}")
    key = dict(zip(wanted, options.key, strict=True))
    try:
        figures = [] if options.mart == LIVE else explain.figures(options.mart)
    except ValueError as error:
        parser.error(str(error))
    if options.mart == LIVE and not options.postgres:
        parser.error(f"{LIVE} is in PostgreSQL: give --postgres or COINCAP_POSTGRES_DSN")
    if not options.start and any(int(figure["lookback_minutes"]) >= 0 for figure in figures):
        parser.error(f"a figure of {options.mart} has a period: give --start")
    store = Store(spark_session("coincap-explain"), options.lake)
    if options.mart == LIVE:
        return _live_spread(store, options.postgres, key["base_id"])
    return _figure(store, options, key, figures)


def _figure(store: Store, options, key: dict[str, str], figures: list[dict[str, str]]) -> int:
    shown = 0
    if options.mart in CANDLES:
        print(f"{options.mart}: {_candle(store, options, key) or 'no such candle'}")
    for figure in figures:
        print(
            f"\n{figure['formula']}\ncomputed by {figure['computed_by']} "
            f"from {SOURCES[figure['record']]}"
        )
        messages = _messages(store, options, key, figure)
        shown += _show(messages)
        if figure["record"] != "history":
            bronze = everything(store.spark, store.lake)
            shown += _show(explain.dropped_copies(bronze, messages), False)
        if figure["record"] != "history" and int(figure["lookback_minutes"]) >= 0:
            letters, times = (
                store.read(SILVER["dead_letter"]),
                explain.window(figure, options.start),
            )
            shown += _show(explain.refused_messages(letters, figure["record"], key, times), False)
    return 0 if shown else 1


def _messages(store: Store, options, key: dict[str, str], figure: dict[str, str]) -> DataFrame:
    if figure["record"] == "history":
        history, assets = store.read(HISTORY), store.read(SILVER["asset"])
        times = explain.window(figure, options.start)
        return explain.history_messages(history, assets, figure, key["base_id"], times)
    rows = store.read(SILVER[figure["record"]])
    if int(figure["lookback_minutes"]) < 0:
        return explain.newest_market_messages(rows, key["base_id"])
    window = explain.window(figure, options.start)
    if figure["record"] == "asset":
        return explain.asset_messages(rows, key["base_id"], *window)
    messages = explain.market_messages(rows, key, *window)
    if len(key) == 1:
        return messages
    # A market's own candle takes its samples whether or not they may price the asset.
    left_out = F.col("verdict").isin("repeat", "no_price")
    return messages.withColumn("verdict", F.when(left_out, F.col("verdict")).otherwise("sample"))


def _candle(store: Store, options, key: dict[str, str]) -> dict | None:
    rows = store.read(CANDLES[options.mart], [options.start.date().isoformat()])
    for name, value in key.items():
        rows = rows.where(F.col(name if len(key) > 1 else "asset_id") == value)
    found = rows.where(F.col("period_start") == F.lit(options.start)).collect()
    return found[0].asDict() if found else None


def _live_spread(store: Store, dsn: str, asset: str) -> int:
    from coincap_batch.explain_spread import live_spread, spread_messages
    from coincap_jobs.database import connect

    with connect(dsn, "coincap-explain", autocommit=True) as connection:
        spread = live_spread(connection, asset)
        if spread is None:
            print(f"{asset} has no spread: fewer than two trustworthy markets")
            return 1
        print(f"market.spreads: {spread}\ncomputed by coincap_jobs/sql/spreads.sql from markets")
        messages = spread_messages(connection, store.read(SILVER["market"]), asset)
        _show(messages)
        _show(explain.dropped_copies(everything(store.spark, store.lake), messages), False)
    return 0


def _show(rows: DataFrame, header: bool = True) -> int:
    if header:
        print(" | ".join(rows.columns))
    found = rows.collect()
    for row in found:
        print("  " + " | ".join(str(value) for value in row))
    return len(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
