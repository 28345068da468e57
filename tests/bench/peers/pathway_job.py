"""The stream job's work in Pathway: latest rows and one-minute candles into PostgreSQL.

Written after the package's own documentation, with its free version: an append-only Kafka
source, reducers over tuples (which keep one row per group), a tumbling window, snapshots of both
tables by its PostgreSQL writer, persistence on disk. Pathway has no decimals: prices stay text
where they are only chosen, and are doubles where they are compared, multiplied or summed.
"""

import argparse
import base64
import sys
import time

import pathway as pw

FIELDS = {
    "rank": "rank",
    "baseSymbol": "base_symbol",
    "quoteSymbol": "quote_symbol",
    "priceQuote": "price_quote",
    "priceUsd": "price_usd",
    "volumeUsd24Hr": "volume_usd_24hr",
    "percentExchangeVolume": "percent_exchange_volume",
    "tradesCount24Hr": "trades_count_24hr",
}
_started: list[float] = []


class Market(pw.Schema, append_only=True):
    """A message's value, in CoinCap's names."""

    exchangeId: str
    baseId: str
    quoteId: str
    rank: str
    baseSymbol: str
    quoteSymbol: str
    priceQuote: str
    priceUsd: str
    volumeUsd24Hr: str
    percentExchangeVolume: str
    tradesCount24Hr: str
    updated: int


@pw.udf(max_batch_size=1000, deterministic=True)
def provenance(metadata: list[pw.Json]) -> list[tuple[str, str]]:
    """Return (polled_at, snapshot_id) of the headers; tell the first message's time once."""
    if not _started:
        _started.append(time.time())
        print(f"first_message {_started[0]:.3f}", flush=True)
    found = []
    for each in metadata:
        marks = dict(each["headers"].as_list())
        found.append(
            tuple(base64.b64decode(marks[n]).decode() for n in ("polled_at", "snapshot_id"))
        )
    return found


def latest_rows(rows: pw.Table) -> pw.Table:
    """Return the newest row per market by trade time, poll and snapshot."""
    values = [pw.this[name] for name in FIELDS]
    newest = rows.groupby(pw.this.exchangeId, pw.this.baseId, pw.this.quoteId).reduce(
        exchange_id=pw.this.exchangeId,
        base_id=pw.this.baseId,
        quote_id=pw.this.quoteId,
        newest=pw.reducers.max(
            pw.make_tuple(pw.this.updated, pw.this.polled, pw.this.snapshot, *values)
        ),
    )
    columns = {column: newest.newest[n + 3] for n, column in enumerate(FIELDS.values())}
    return newest.select(
        newest.exchange_id,
        newest.base_id,
        newest.quote_id,
        updated=newest.newest[0],
        polled_at=newest.newest[1],
        snapshot_id=newest.newest[2],
        **columns,
    )


def candles(rows: pw.Table) -> pw.Table:
    """Return the candles: a trade has the price of its first poll."""
    samples = rows.groupby(
        pw.this.exchangeId, pw.this.baseId, pw.this.quoteId, pw.this.updated
    ).reduce(
        market=pw.make_tuple(pw.this.exchangeId, pw.this.baseId, pw.this.quoteId),
        updated=pw.this.updated,
        first=pw.reducers.min(
            pw.make_tuple(pw.this.polled, pw.this.snapshot, pw.this.priceUsd, pw.this.volumeUsd24Hr)
        ),
    )
    samples = samples.select(
        pw.this.market,
        pw.this.updated,
        text=pw.this.first[2],
        price=pw.this.first[2].str.parse_float(),
        weight=pw.this.first[3].str.parse_float().num.round(0),
    )
    minutes = samples.windowby(
        pw.this.updated, window=pw.temporal.tumbling(duration=60_000), instance=pw.this.market
    ).reduce(
        exchange_id=pw.this._pw_instance[0],
        base_id=pw.this._pw_instance[1],
        quote_id=pw.this._pw_instance[2],
        minute_ms=pw.this._pw_window_start,
        open=pw.reducers.argmin(pw.this.updated, pw.this.text),
        high=pw.reducers.argmax(pw.this.price, pw.this.text),
        low=pw.reducers.argmin(pw.this.price, pw.this.text),
        close=pw.reducers.argmax(pw.this.updated, pw.this.text),
        # Without strict a sum of doubles keeps the old value of a row that was corrected.
        product=pw.reducers.sum(pw.this.price * pw.this.weight, strict=True),
        total=pw.reducers.sum(pw.this.weight, strict=True),
        samples=pw.reducers.count(),
    )
    return minutes.select(
        *[pw.this[name] for name in ("exchange_id", "base_id", "quote_id", "minute_ms")],
        *[pw.this[name] for name in ("open", "high", "low", "close", "samples")],
        vwap=pw.this.product / pw.this.total,
    )


def main() -> None:
    """Run until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("--bootstrap", "--host", "--port", "--database", "--state"):
        parser.add_argument(name, required=True)
    args = parser.parse_args()
    source = {
        "bootstrap.servers": args.bootstrap,
        "group.id": args.database,
        "auto.offset.reset": "earliest",
        # Its own state says where to go on; what the consumer commits by itself runs ahead of it.
        "enable.auto.commit": "false",
    }
    rows = pw.io.kafka.read(
        source, topic="coincap.markets", schema=Market, format="json", with_metadata=True,
        autocommit_duration_ms=1000, name="topic",
    )  # fmt: skip
    rows = rows.with_columns(marks=provenance(pw.this._metadata))
    rows = rows.with_columns(polled=pw.this.marks[0], snapshot=pw.this.marks[1])
    target = {
        "host": args.host, "port": args.port, "dbname": args.database, "user": "market_owner",
    }  # fmt: skip
    for name, table, time_column in (
        ("markets", latest_rows(rows), []),
        ("candles", candles(rows), ["minute_ms"]),
    ):
        key = [table[column] for column in ("exchange_id", "base_id", "quote_id", *time_column)]
        pw.io.postgres.write(
            table, target, name, schema_name="peer", output_table_type="snapshot",
            primary_key=key, name=name,
        )  # fmt: skip
    backend = pw.persistence.Backend.filesystem(args.state)
    pw.run(
        monitoring_level=pw.MonitoringLevel.NONE,
        persistence_config=pw.persistence.Config(backend, snapshot_interval_ms=1000),
    )


if __name__ == "__main__":
    sys.exit(main())
