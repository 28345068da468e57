"""The stream job's work in Quix Streams: latest rows and one-minute candles into PostgreSQL.

Written after the package's own documentation: a stateful filter for the newest row, a tumbling
window with a reducer for the candles, its PostgreSQL sink with upserts, prices as text or
Decimal (its sink takes both). The window's state keeps the samples of its minute by trade time,
so that a repeated or late message changes nothing.
"""

import argparse
import sys
import time
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal

from quixstreams import Application, State
from quixstreams.sinks.community.postgresql import PostgreSQLSink

GRACE_MS = 600_000
"""How much later than the newest trade of its market a trade may come; ours allows 24 h."""
KEY = ["exchange_id", "base_id", "quote_id"]
_EXACT = Context(prec=80)
_SCALE = Decimal(1).scaleb(-18)
_COLUMNS = {
    "exchangeId": "exchange_id",
    "rank": "rank",
    "baseSymbol": "base_symbol",
    "baseId": "base_id",
    "quoteSymbol": "quote_symbol",
    "quoteId": "quote_id",
    "priceQuote": "price_quote",
    "priceUsd": "price_usd",
    "volumeUsd24Hr": "volume_usd_24hr",
    "percentExchangeVolume": "percent_exchange_volume",
    "tradesCount24Hr": "trades_count_24hr",
}
_started: list[float] = []


def with_provenance(value: dict, _key, _timestamp, headers) -> dict:
    """Return the row with what its headers say; tell the first message's time once."""
    if not _started:
        _started.append(time.time())
        print(f"first_message {_started[0]:.3f}", flush=True)
    marks = dict(headers)
    return {
        **value,
        "polledAt": marks["polled_at"].decode(),
        "snapshotId": marks["snapshot_id"].decode(),
    }


def is_newer(row: dict, state: State) -> bool:
    """Return whether the row is the newest of its market, and remember it."""
    version = [row["updated"], row["polledAt"], row["snapshotId"]]
    if version <= state.get("newest", []):
        return False
    state.set("newest", version)
    return True


def latest_row(row: dict) -> dict:
    """Return the columns of the table of latest rows."""
    found = {column: row[name] for name, column in _COLUMNS.items()}
    found["updated"] = datetime.fromtimestamp(row["updated"] / 1000, UTC)
    return {**found, "polled_at": row["polledAt"], "snapshot_id": row["snapshotId"]}


def add_sample(samples: dict, row: dict) -> dict:
    """Return the minute's samples with the row's: a trade has the price of its first poll."""
    known = samples.get(str(row["updated"]))
    if known is None or row["polledAt"] < known[0]:
        weight = Decimal(row["volumeUsd24Hr"]).quantize(Decimal(1), ROUND_HALF_EVEN)
        samples[str(row["updated"])] = [row["polledAt"], row["priceUsd"], str(weight)]
    return samples


def candle(window: dict, key: str, _timestamp, _headers) -> dict:
    """Return the columns of a candle of one market and minute."""
    samples = [sample for _, sample in sorted(window["value"].items())]
    prices = [Decimal(price) for _, price, _ in samples]
    weights = [Decimal(weight) for _, _, weight in samples]
    total = sum(weights)
    product = sum(_EXACT.multiply(p, w) for p, w in zip(prices, weights, strict=True))
    vwap = _EXACT.divide(product, total).quantize(_SCALE, ROUND_HALF_UP, _EXACT) if total else None
    return {
        **dict(zip(KEY, key.split("|"), strict=True)),
        "minute_start": datetime.fromtimestamp(window["start"] / 1000, UTC),
        "open": prices[0],
        "high": max(prices),
        "low": min(prices),
        "close": prices[-1],
        "vwap": vwap,
        "samples": len(prices),
    }


def main() -> None:
    """Run until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("--bootstrap", "--host", "--port", "--database", "--state"):
        parser.add_argument(name, required=True)
    args = parser.parse_args()

    def table(name: str, key: list[str]) -> PostgreSQLSink:
        return PostgreSQLSink(
            host=args.host, port=int(args.port), dbname=args.database, user="market_owner",
            password="", schema_name="peer", table_name=name, primary_key_columns=key,
            upsert_on_primary_key=True, schema_auto_update=False, include_metadata=False,
        )  # fmt: skip

    app = Application(
        args.bootstrap,
        consumer_group=args.database,
        auto_offset_reset="earliest",
        state_dir=args.state,
        loglevel="WARNING",
    )
    topic = app.topic(
        "coincap.markets",
        key_deserializer="str",
        value_deserializer="json",
        timestamp_extractor=lambda value, *_: value["updated"],
    )
    rows = app.dataframe(topic).apply(with_provenance, metadata=True)
    rows.filter(is_newer, stateful=True).apply(latest_row).sink(table("markets", KEY))
    windows = rows.tumbling_window(60_000, grace_ms=GRACE_MS)
    candles = windows.reduce(add_sample, lambda row: add_sample({}, row)).current()
    candles.apply(candle, metadata=True).sink(table("candles", [*KEY, "minute_start"]))
    app.run()


if __name__ == "__main__":
    sys.exit(main())
