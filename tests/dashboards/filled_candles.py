"""Candles of a random walk, minute by minute, and the spreads between two exchanges."""

import random
from datetime import datetime, timedelta

import psycopg
from rows import exact, put
from small_market import ASSETS, pairs, walk


def candles(db: psycopg.Connection, end: datetime, minutes: int, rng: random.Random) -> None:
    starts = [end - timedelta(minutes=minutes - i) for i in range(minutes)]
    for table in ("asset_candles_1m", "market_candles_1m"):
        for day in sorted({start.date() for start in starts}):
            db.execute("select market.ensure_partition(%s, %s)", (table, day))
    ends = "first_sampled_at, last_sampled_at, price_weight_sum, weight_sum"
    prices = "minute_start, open, high, low, close, vwap, samples"

    def bars(price: float):
        for start, bar in zip(starts, walk(rng, price, minutes), strict=True):
            vwap = exact(sum(bar) / 4)
            times = (start, start + timedelta(seconds=45))
            yield (start, *map(exact, bar), vwap, 4), (*times, vwap * 1000, 1000)

    put(
        db,
        "asset_candles_1m",
        f"asset_id, {prices}, {ends}, market_samples",
        (
            (asset, *bar, *rest, 12)
            for asset, (_, price, _) in ASSETS.items()
            for bar, rest in bars(price)
        ),
    )
    put(
        db,
        "market_candles_1m",
        f"exchange_id, base_id, quote_id, {prices}, {ends},"
        " trusted_samples, trusted_price_weight_sum, trusted_weight_sum",
        (
            (exchange, base, "tether", *bar, *rest, 4, *rest[2:])
            for exchange, base, _ in pairs()
            for bar, rest in bars(ASSETS[base][1])
        ),
    )


def spreads(db: psycopg.Connection, end: datetime, rng: random.Random) -> None:
    put(
        db,
        "spreads",
        "base_id, bid_exchange_id, bid_quote_id, bid_price_usd, bid_fee_bps, ask_exchange_id,"
        " ask_quote_id, ask_price_usd, ask_fee_bps, gross_bps, net_bps, markets_used, left_out,"
        " as_of",
        (
            (
                asset,
                "kraken",
                "tether",
                exact(price * (1 + gross / 10000)),
                26,
                "binance",
                "tether",
                exact(price),
                10,
                exact(gross),
                exact(gross - 36),
                5,
                '{"stale": 1, "thin": 2}',
                end,
            )
            for asset, (_, price, _) in ASSETS.items()
            if asset != "tether"
            for gross in [abs(rng.gauss(0, 25))]
        ),
    )
