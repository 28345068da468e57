"""What a database holds of a healthy pipeline, on each plan of credits.json and in the demo."""

import json
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import psycopg
from rows import put

MOMENTS = [  # just before a poll that is due: daily, weekly, monthly, and in between
    datetime(2026, 6, 9, 23, 59, 50, tzinfo=UTC),
    datetime(2026, 6, 14, 23, 59, 50, tzinfo=UTC),
    datetime(2026, 6, 30, 23, 59, 50, tzinfo=UTC),
    datetime(2026, 6, 17, 11, 29, 50, tzinfo=UTC),
]
RUNS = 12
"""Runs of each job that are filled in: more than any rule looks back on."""
CADENCES = json.loads(files("coincap").joinpath("credits.json").read_text("utf-8"))["cadences"]
EVERY_MINUTE = {
    "every_minutes": 1,
    "sweeps": [{"endpoint": e, "scope": None} for e in ("assets", "rates", "exchanges", "markets")],
}
PLANS = {name: plan["jobs"] for name, plan in CADENCES.items()} | {"demo": [EVERY_MINUTE]}


def due(every_minutes: int, moment: datetime) -> list[datetime]:
    """Return the last times at which a job was due, newest first."""
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if every_minutes == 44_640:
        months = [day.month - 1 - back for back in range(RUNS)]
        return [day.replace(year=day.year + m // 12, month=m % 12 + 1, day=1) for m in months]
    start = day - timedelta(days=day.weekday()) if every_minutes == 10_080 else day
    step = timedelta(minutes=every_minutes)
    newest = start + step * ((moment - start) // step)
    return [newest - back * step for back in range(RUNS)]


def fill(
    db: psycopg.Connection, plan: str, moment: datetime, silent: dict[str, timedelta] | None = None
) -> None:
    """Fill in the polls of a plan as they stand at ``moment``, moved so that it is now.

    ``silent`` are endpoints that have not been polled for so long.
    """
    (now,) = db.execute("select now()").fetchone()
    newest, sweeps = {}, {}
    for job in PLANS[plan]:
        for number, sweep in enumerate(job["sweeps"]):
            endpoint, scope = sweep["endpoint"], sweep["scope"]
            last = moment - (silent or {}).get(endpoint, timedelta(0))
            for scheduled in due(job["every_minutes"], last):
                at = scheduled - moment + now
                name = f"{endpoint}-{at:%Y%m%dT%H%M%SZ}" + (f"-{scope}" if scope else "")
                polled = min(at + timedelta(seconds=2 * number), now)
                sweeps[name] = (name, "sweep", endpoint, 0, 0, polled, 200)
                newest[endpoint] = max(polled, newest.get(endpoint, polled))
    columns = "snapshot_id, kind, endpoint, page, attempt, polled_at, latency_ms"
    put(db, "polls", columns, sweeps.values())
    put(
        db,
        "polls",
        columns,
        [
            (name, "page", endpoint, 1, 1, *rest)
            for name, _, endpoint, _, _, *rest in sweeps.values()
        ],
    )
    topics = [(f"coincap.{endpoint}", at) for endpoint, at in newest.items()]
    put(db, "stream_watermarks", "topic, newest_polled_at", topics)
    lag = "query, topic, measured_at, lag_offsets, lag_s"
    put(db, "stream_lag", lag, [("serve", topic, now, 0, 0) for topic, _ in topics])
