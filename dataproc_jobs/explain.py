"""Says which messages made a candle, what was left out and why, from the lake.

    spark-submit explain.py market binance bitcoin tether --lake LAKE \
        --start 2024-10-17T12:00:00Z --frame 1h
    spark-submit explain.py asset bitcoin --lake LAKE --start 2024-10-17T12:00:00Z --frame 1h

In BigQuery the view marts.explain_market_samples answers the same.
"""

import argparse
import sys

from batch import instant
from coincap_batch import explain
from coincap_batch.store import Store
from coincap_batch.tables import ASSET_CANDLES, FRAMES, MARKET_CANDLES, MARKET_KEY, SILVER
from coincap_jobs.session import spark_session


def main(argv: list[str]) -> int:
    """Print the candle and its messages; return 0, or 1 where there is no such candle."""
    parser = argparse.ArgumentParser(prog="explain.py", description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=["market", "asset"])
    parser.add_argument("key", nargs="+", help="exchange base quote, or the asset's id")
    parser.add_argument("--lake", required=True, help="root of the lake: folder or gs://bucket")
    parser.add_argument("--start", type=instant, required=True, help="start of the candle, UTC")
    parser.add_argument("--frame", choices=list(FRAMES), default="1h")
    options = parser.parse_args(argv)
    wanted = MARKET_KEY if options.kind == "market" else ("asset_id",)
    if len(options.key) != len(wanted):
        parser.error(f"{options.kind} takes {' '.join(wanted)}, not {' '.join(options.key)}")
    store = Store(spark_session("coincap-explain"), options.lake)
    tables = MARKET_CANDLES if options.kind == "market" else ASSET_CANDLES
    candle = _candle(
        store, tables[options.frame], dict(zip(wanted, options.key, strict=True)), options
    )
    if candle is None:
        print(f"no {options.frame} candle of {'|'.join(options.key)} starts at {options.start}")
        return 1
    print(f"{tables[options.frame].layer}/{tables[options.frame].name}: {candle.asDict()}")
    for title, rows in _messages(store, options).items():
        print(f"\n{title}")
        for row in rows.collect():
            print("  " + " | ".join(str(value) for value in row))
    return 0


def _candle(store: Store, table, key: dict[str, str], options):
    rows = store.read(table, [options.start.date().isoformat()])
    for name, value in key.items():
        rows = rows.where(rows[name] == value)
    return next(iter(rows.where(rows.period_start == options.start).collect()), None)


def _messages(store: Store, options) -> dict:
    markets, assets = store.read(SILVER["market"]), store.read(SILVER["asset"])
    when = (options.start, options.frame)
    if options.kind == "market":
        rows = explain.market_messages(markets, tuple(options.key), *when)
        return {"Messages of the market (silver/markets)": rows}
    (asset,) = options.key
    return {
        "Prices: open, high, low, close (silver/assets)": explain.asset_messages(
            assets, asset, *when
        ),
        "Markets: vwap (silver/markets)": explain.asset_market_messages(markets, asset, *when),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
