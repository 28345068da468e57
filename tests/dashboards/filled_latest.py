"""The latest rows of assets, rates, exchanges and markets."""

import random
from datetime import datetime, timedelta

import psycopg
from rows import exact, md5, put
from small_market import ASSETS, EXCHANGES, pairs


def assets(db: psycopg.Connection, end: datetime, rng: random.Random) -> None:
    tick = f"{end:%Y%m%dT%H%M%SZ}"
    put(
        db,
        "assets",
        "id, rank, symbol, name, supply, market_cap_usd, volume_usd_24hr, price_usd,"
        " change_percent_24hr, vwap_24hr, polled_at, snapshot_id, envelope_at, value_md5",
        (
            (
                asset,
                rank,
                symbol,
                asset.replace("-", " ").title(),
                supply,
                exact(price * supply),
                exact(price * supply * 0.03),
                exact(price),
                exact(rng.gauss(0, 3)),
                exact(price * 1.002),
                end,
                f"assets-{tick}",
                end,
                md5(asset),
            )
            for rank, (asset, (symbol, price, supply)) in enumerate(ASSETS.items(), 1)
        ),
    )


def rates(db: psycopg.Connection, end: datetime) -> None:
    tick = f"{end:%Y%m%dT%H%M%SZ}"
    rates = {"united-states-dollar": ("USD", 1.0), "euro": ("EUR", 1.0861), "yen": ("JPY", 0.0067)}
    rates |= {asset: (symbol, price * 0.9995) for asset, (symbol, price, _) in ASSETS.items()}
    put(
        db,
        "rates",
        "id, symbol, type, rate_usd, polled_at, snapshot_id, value_md5",
        (
            (
                rate,
                symbol,
                "crypto" if rate in ASSETS else "fiat",
                exact(price),
                end,
                f"rates-{tick}",
                md5(rate),
            )
            for rate, (symbol, price) in rates.items()
        ),
    )


def exchanges(db: psycopg.Connection, end: datetime) -> None:
    tick = f"{end:%Y%m%dT%H%M%SZ}"
    total = sum(volume for _, volume, _ in EXCHANGES.values())
    put(
        db,
        "exchanges",
        "exchange_id, name, rank, percent_total_volume, volume_usd, trading_pairs, updated,"
        " polled_at, snapshot_id, value_md5",
        (
            (
                exchange,
                name,
                rank,
                exact(100 * volume / total),
                volume,
                claimed,
                end - timedelta(seconds=20 * rank),
                end,
                f"exchanges-{tick}",
                md5(exchange),
            )
            for rank, (exchange, (name, volume, claimed)) in enumerate(EXCHANGES.items(), 1)
        ),
    )


def markets(db: psycopg.Connection, end: datetime, rng: random.Random) -> None:
    tick = f"{end:%Y%m%dT%H%M%SZ}"
    put(
        db,
        "markets",
        "exchange_id, rank, base_symbol, base_id, quote_symbol, quote_id, price_quote, price_usd,"
        " volume_usd_24hr, percent_exchange_volume, trades_count_24hr, updated, polled_at,"
        " snapshot_id, distrust, value_md5",
        (
            (
                exchange,
                rank,
                ASSETS[base][0],
                base,
                "USDT",
                "tether",
                exact(ASSETS[base][1] * (drift := 1 + rng.gauss(0, 0.0008))),
                exact(ASSETS[base][1] * drift * 0.9997),
                exact(volume),
                exact(100 * volume / EXCHANGES[exchange][1]),
                rng.randrange(50, 90000),
                end - timedelta(seconds=rng.randrange(5, 1200)),
                end,
                f"markets-{tick}",
                "thin" if volume < 4_000_000 else None,
                md5(exchange, base),
            )
            for rank, (exchange, base, volume) in enumerate(pairs(), 1)
        ),
    )
