"""What the pipeline says of itself: polls, dead letters, alerts, batches of the stream."""

import random
from datetime import datetime, timedelta

import psycopg
from rows import exact, put
from small_market import pairs


def polls(db: psycopg.Connection, end: datetime, minutes: int, rng: random.Random) -> None:
    sizes = {"assets": (12, 180), "rates": (15, 60), "exchanges": (7, 70), "markets": (62, 420)}
    got = sum(volume for _, _, volume in pairs())
    pages, sweeps = [], []
    for back in range(minutes):
        at = end - timedelta(minutes=back)
        for endpoint, (rows, typical) in sizes.items():
            snapshot = f"{endpoint}-{at:%Y%m%dT%H%M%SZ}"
            latency = exact(typical * rng.lognormvariate(0, 0.35))
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
                + ((62, 87, 7, 7, exact(got * 0.97), exact(got)) if markets else (None,) * 6)
            )
    put(
        db,
        "polls",
        "snapshot_id, kind, endpoint, page, attempt, polled_at, status, latency_ms, bytes, rows,"
        " accepted, dead_lettered, duplicates, drift_fields, credits, pairs_got, pairs_claimed,"
        " exchanges_got, exchanges_claimed, volume_got_usd, volume_claimed_usd",
        pages + sweeps,
    )


def dead_letters(db: psycopg.Connection, end: datetime) -> None:
    reasons = [("wrong_type", "priceUsd"), ("missing", "baseId"), ("wrong_type", "volumeUsd24Hr")]
    put(
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


def alerts(db: psycopg.Connection, end: datetime) -> None:
    alert = ("stablecoin_peg|tether", "stablecoin_peg", "tether", "watch", "open", end, end, 12, 10)
    columns = "alert_id, rule, subject, severity, status, opened_at, updated_at, value, threshold,"
    for table in ("alerts", "alert_changes"):
        put(db, table, f"{columns} message", [(*alert, "tether is 12 bps from its peg")])


def stream(db: psycopg.Connection, end: datetime, minutes: int) -> None:
    put(
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
    put(
        db,
        "stream_watermarks",
        "topic, newest_polled_at",
        [(f"coincap.{name}", end) for name in ("assets", "rates", "exchanges", "markets")],
    )
    put(
        db,
        "stream_offsets",
        "topic_id, topic, partition_id, next_offset, updated_at",
        [(f"id-{n}", f"coincap.{n}", 0, minutes * 60, end) for n in ("assets", "markets")],
    )
    put(
        db,
        "stream_lag",
        "query, topic, measured_at, lag_offsets, lag_s, newest_polled_at, rows_per_s",
        [
            (query, f"coincap.{name}", end, 40 * n, 3 * n, end, 900)
            for query in ("serve", "archive")
            for n, name in enumerate(("assets", "markets"))
        ],
    )
