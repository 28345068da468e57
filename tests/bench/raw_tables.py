"""Made-up days of the lake's loaded tables: Parquet files and their entries in a manifest."""

from datetime import date, timedelta
from pathlib import Path

import duckdb

EMPTY = ("--from", "1970-01-01T00:00:00Z", "--to", "1970-01-01T00:00:01Z")
"""A window of arrival without a message: the batch then makes every table, empty."""
_TYPES = {"STRING": "varchar", "INTEGER": "bigint", "TIMESTAMP": "timestamptz",
          "BOOLEAN": "boolean", "FLOAT64": "double", "DATE": "date"}  # fmt: skip
_POLLED = {
    "polled_at": "moment", "arrived_at": "moment + interval 2 second", "envelope_at": "moment",
    "snapshot_id": "'tick-' || epoch(moment)", "api_version": "'v3'", "topic_id": "'id'",
    "value_md5": "md5(key || moment)", "partition": "0", "offset": "row_number() over ()",
    "message_key": "key", "message_text": "repeat('{\"priceUsd\": \"1.2345\"}', 12)",
}  # fmt: skip
_PRICE = "(10 + hash(key, moment) % 1000000007 / 1e9)::decimal(38, 18)"
_MARKET = {"exchange_id": "'exchange-' || (m % 8)", "base_id": "'asset-' || (m // 8)",
           "quote_id": "'tether'"}  # fmt: skip
_FACTS = dict.fromkeys(("open", "high", "low", "close", "vwap"), _PRICE)
_FACTS |= {"samples": "1", "minutes_sampled": "1", "has_gap": "true", "source": "'markets'"}
_TABLES = {
    "markets": _MARKET | {"updated": "moment - interval 5 second", "price_usd": _PRICE,
                          "volume_usd_24hr": "20000", "topic": "'coincap.markets'"},
    "assets": {"id": "'asset-' || m", "rank": "m + 1", "symbol": "'A' || m", "name": "'a' || m",
               "price_usd": _PRICE, "market_cap_usd": _PRICE, "volume_usd_24hr": "2000000",
               "topic": "'coincap.assets'"},
    "exchanges": {"exchange_id": "'exchange-' || m", "name": "'e' || m", "updated": "moment",
                  "trading_pairs": "250", "volume_usd": "100", "topic": "'coincap.exchanges'"},
    "rates": {"id": "case when m = 0 then 'tether' else 'rate-' || m end", "rate_usd": _PRICE,
              "topic": "'coincap.rates'"},
    "polls": {"kind": "'page'", "endpoint": "'markets'", "page": "m + 1", "attempt": "1",
              "status": "200", "latency_ms": "12.5", "rows": "2000", "credits": "100",
              "topic": "'coincap.polls'"},
}  # fmt: skip
_STEPS = {"1m": 1, "5m": 5, "1h": 60, "1d": 1440}


def day_of(number: int) -> str:
    """Return a day as ISO text, the later the greater the number."""
    return (date(2024, 10, 11) + timedelta(days=number)).isoformat()


def fill(manifest: dict, lake: Path, day: str, markets: int) -> None:
    """Write the day's files of every table and list them in the manifest."""
    assets = max(1, markets // 8)
    _write(manifest, lake, "markets", day, markets, 1, _POLLED | _TABLES["markets"])
    _write(manifest, lake, "assets", day, assets, 1, _POLLED | _TABLES["assets"])
    for name, count in (("exchanges", 8), ("rates", 192), ("polls", 9)):
        _write(manifest, lake, name, day, count, 10, _POLLED | _TABLES[name])
    for frame, minutes in _STEPS.items():
        candle = _FACTS | {"period_start": "moment"}
        market, asset = candle | _MARKET, candle | {"asset_id": "'asset-' || m"}
        _write(manifest, lake, f"market_candles_{frame}", day, markets, minutes, market)
        _write(manifest, lake, f"asset_candles_{frame}", day, assets, minutes, asset)


def _write(manifest, lake, name, day, count, minutes, known) -> None:
    table = manifest["tables"][name]
    columns = ", ".join(
        f'({known.get(column, "null")})::{_duckdb(kind)} as "{column}"'
        for column, kind in table["columns"]
    )
    path = f"made/{name}/date={day}/part.parquet"
    (lake / path).parent.mkdir(parents=True)
    with duckdb.connect() as database:
        database.execute("set timezone = 'UTC'")
        database.execute(
            f"copy (select {columns} from (select m, m::varchar as key, timestamp '{day}' + "
            f"interval (t * {minutes}) minute as moment from range({1440 // minutes}) as b(t), "
            f"range({count}) as a(m))) to '{lake / path}' (format parquet, compression zstd)"
        )
        sums = "".join(f", sum({column})::varchar" for column in table["sums"])
        rows, *totals = database.execute(
            f"select count(*){sums} from read_parquet('{lake / path}')"
        ).fetchone()
    table["partitions"][day] = {
        "files": [path], "fingerprint": f"{day}-{count}", "rows": rows,
        "sums": dict(zip(table["sums"], totals, strict=True)),
    }  # fmt: skip


def _duckdb(kind: str) -> str:
    return kind.replace("BIGNUMERIC", "decimal") if "(" in kind else _TYPES[kind]
