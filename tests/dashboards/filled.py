"""A serving database filled with a small, deterministic market, for tests of everything drawn."""

import hashlib
import random
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
from small_market import ASSETS, EXCHANGES, pairs, walk

MIGRATIONS = Path(__file__).resolve().parents[2] / "dataproc_jobs" / "migrations"


def database(server: str, name: str) -> str:
    """Create a migrated database on a server; return its DSN."""
    from coincap_jobs.migrations import migrate

    with psycopg.connect(server, autocommit=True) as db:
        db.execute(f"create database {name}")
    dsn = psycopg.conninfo.make_conninfo(server, dbname=name)
    migrate(dsn, MIGRATIONS)
    return dsn


def fill(dsn: str, minutes: int = 90, end: datetime | None = None) -> datetime:
    """Fill the migrated database; candles cover ``minutes`` up to ``end`` (default: now)."""
    end = (end or datetime.now(UTC)).replace(second=0, microsecond=0)
    rng = random.Random(20241017)
    with psycopg.connect(dsn) as db:
        _latest(db, end, rng)
        _candles(db, end, minutes, rng)
        _polls(db, end, minutes, rng)
        _stream(db, end, minutes)
    return end


def _copy(db: psycopg.Connection, table: str, columns: str, rows) -> None:
    with db.cursor().copy(f"copy market.{table} ({columns}) from stdin") as copy:
        for row in rows:
            copy.write_row(row)


def _exact(value: float) -> Decimal:
    return Decimal(f"{value:.18f}")


def _md5(*key: object) -> uuid.UUID:
    return uuid.UUID(hashlib.md5("|".join(map(str, key)).encode()).hexdigest())


def _latest(db: psycopg.Connection, end: datetime, rng: random.Random) -> None:
    tick = f"{end:%Y%m%dT%H%M%SZ}"
    _copy(
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
                _exact(price * supply),
                _exact(price * supply * 0.03),
                _exact(price),
                _exact(rng.gauss(0, 3)),
                _exact(price * 1.002),
                end,
                f"assets-{tick}",
                end,
                _md5(asset),
            )
            for rank, (asset, (symbol, price, supply)) in enumerate(ASSETS.items(), 1)
        ),
    )
    rates = {"united-states-dollar": ("USD", 1.0), "euro": ("EUR", 1.0861), "yen": ("JPY", 0.0067)}
    rates |= {asset: (symbol, price * 0.9995) for asset, (symbol, price, _) in ASSETS.items()}
    _copy(
        db,
        "rates",
        "id, symbol, type, rate_usd, polled_at, snapshot_id, value_md5",
        (
            (
                rate,
                symbol,
                "crypto" if rate in ASSETS else "fiat",
                _exact(price),
                end,
                f"rates-{tick}",
                _md5(rate),
            )
            for rate, (symbol, price) in rates.items()
        ),
    )
    total = sum(volume for _, volume, _ in EXCHANGES.values())
    _copy(
        db,
        "exchanges",
        "exchange_id, name, rank, percent_total_volume, volume_usd, trading_pairs, updated,"
        " polled_at, snapshot_id, value_md5",
        (
            (
                exchange,
                name,
                rank,
                _exact(100 * volume / total),
                volume,
                claimed,
                end - timedelta(seconds=20 * rank),
                end,
                f"exchanges-{tick}",
                _md5(exchange),
            )
            for rank, (exchange, (name, volume, claimed)) in enumerate(EXCHANGES.items(), 1)
        ),
    )
    _copy(
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
                _exact(ASSETS[base][1] * (drift := 1 + rng.gauss(0, 0.0008))),
                _exact(ASSETS[base][1] * drift * 0.9997),
                _exact(volume),
                _exact(100 * volume / EXCHANGES[exchange][1]),
                rng.randrange(50, 90000),
                end - timedelta(seconds=rng.randrange(5, 1200)),
                end,
                f"markets-{tick}",
                "thin" if volume < 4_000_000 else None,
                _md5(exchange, base),
            )
            for rank, (exchange, base, volume) in enumerate(pairs(), 1)
        ),
    )


def _candles(db: psycopg.Connection, end: datetime, minutes: int, rng: random.Random) -> None:
    starts = [end - timedelta(minutes=minutes - i) for i in range(minutes)]
    for table in ("asset_candles_1m", "market_candles_1m"):
        for day in sorted({start.date() for start in starts}):
            db.execute("select market.ensure_partition(%s, %s)", (table, day))
    ends = "first_sampled_at, last_sampled_at, price_weight_sum, weight_sum"
    prices = "minute_start, open, high, low, close, vwap, samples"

    def bars(price: float):
        for start, bar in zip(starts, walk(rng, price, minutes), strict=True):
            vwap = _exact(sum(bar) / 4)
            times = (start, start + timedelta(seconds=45))
            yield (start, *map(_exact, bar), vwap, 4), (*times, vwap * 1000, 1000)

    _copy(
        db,
        "asset_candles_1m",
        f"asset_id, {prices}, {ends}, market_samples",
        (
            (asset, *bar, *rest, 12)
            for asset, (_, price, _) in ASSETS.items()
            for bar, rest in bars(price)
        ),
    )
    _copy(
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
    _copy(
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
                _exact(price * (1 + gross / 10000)),
                26,
                "binance",
                "tether",
                _exact(price),
                10,
                _exact(gross),
                _exact(gross - 36),
                5,
                '{"stale": 1, "thin": 2}',
                end,
            )
            for asset, (_, price, _) in ASSETS.items()
            if asset != "tether"
            for gross in [abs(rng.gauss(0, 25))]
        ),
    )


def _polls(db: psycopg.Connection, end: datetime, minutes: int, rng: random.Random) -> None:
    sizes = {"assets": (12, 180), "rates": (15, 60), "exchanges": (7, 70), "markets": (62, 420)}
    got = sum(volume for _, _, volume in pairs())
    pages, sweeps = [], []
    for back in range(minutes):
        at = end - timedelta(minutes=back)
        for endpoint, (rows, typical) in sizes.items():
            snapshot = f"{endpoint}-{at:%Y%m%dT%H%M%SZ}"
            latency = _exact(typical * rng.lognormvariate(0, 0.35))
            bad = 1 if endpoint == "markets" and back == 7 else 0
            pages.append(
                (
                    snapshot,
                    "page",
                    endpoint,
                    1,
                    1,
                    at,
                    200,
                    latency,
                    rows * 320,
                    rows,
                    rows - bad,
                    bad,
                    0,
                    0,
                    1 + rows * 320 // 2500,
                    None,
                    None,
                    None,
                    None,
                    None,
                    None,
                )
            )
            markets = endpoint == "markets"
            sweeps.append(
                (snapshot, "sweep", endpoint, 0, 0, at, None, latency, rows * 320, rows)
                + (rows - bad, bad, 0, 0, 1 + rows * 320 // 2500)
                + ((62, 87, 7, 7, _exact(got * 0.97), _exact(got)) if markets else (None,) * 6)
            )
    _copy(
        db,
        "polls",
        "snapshot_id, kind, endpoint, page, attempt, polled_at, status, latency_ms, bytes, rows,"
        " accepted, dead_lettered, duplicates, drift_fields, credits, pairs_got, pairs_claimed,"
        " exchanges_got, exchanges_claimed, volume_got_usd, volume_claimed_usd",
        pages + sweeps,
    )


def _stream(db: psycopg.Connection, end: datetime, minutes: int) -> None:
    reasons = [("wrong_type", "priceUsd"), ("missing", "baseId"), ("wrong_type", "volumeUsd24Hr")]
    _copy(
        db,
        "dead_letters",
        "dead_letter_id, source, source_topic, endpoint, snapshot_id, polled_at, reason, field,"
        " key, raw, raw_bytes, recorded_at",
        (
            (
                f"{reason}-{i}",
                "functions",
                "coincap.markets",
                "markets",
                "markets-test",
                end,
                reason,
                field,
                "bibox|mobox|tether",
                '{"exchangeId":"bibox"}',
                22,
                end,
            )
            for i, (reason, field) in enumerate(reasons)
        ),
    )
    _copy(
        db,
        "alerts",
        "alert_id, rule, subject, severity, status, opened_at, updated_at, value, threshold,"
        " message",
        [
            (
                "stablecoin_peg|tether",
                "stablecoin_peg",
                "tether",
                "warning",
                "open",
                end,
                end,
                12,
                10,
                "tether is 12 bps from its peg",
            )
        ],
    )
    _copy(
        db,
        "stream_progress",
        "query, batch_id, epoch, started_at, finished_at, messages, new_samples, stale_polls,"
        " newest_polled_at, read_ms, merge_ms",
        (
            ("serve", i, 1, at, at + timedelta(seconds=4), 96, 60, 36, at, 900, 350 + i % 7 * 40)
            for i in range(minutes)
            for at in [end - timedelta(minutes=minutes - i)]
        ),
    )
    _copy(
        db,
        "stream_watermarks",
        "topic, newest_polled_at",
        [(f"coincap.{name}", end) for name in ("assets", "rates", "exchanges", "markets")],
    )
    _copy(
        db,
        "stream_offsets",
        "topic_id, topic, partition_id, next_offset, updated_at",
        [(f"id-{n}", f"coincap.{n}", 0, minutes * 60, end) for n in ("assets", "markets")],
    )
