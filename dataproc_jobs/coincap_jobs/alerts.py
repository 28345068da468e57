"""Alerts: what the tables say now, against the thresholds of ``alert_rules.json``.

A rule is one query (``sql/alert_RULE.sql``) that names its subjects with two numbers: ``value``
decides the severity, ``lingering`` whether an open alert stays open. An alert's key is its rule
and its subject; it opens once, changes with its severity, and closes when lingering is back
below the level. Times are those of the data (the newest poll), so a replay of old captures
judges them as of their own day.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib import resources

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from coincap.trust import seed
from coincap_jobs.statements import statement

SEVERITIES = ("critical", "warning", "watch")
"""Worst first."""
_DIGITS = Decimal(1).scaleb(-6)


@dataclass(frozen=True)
class Observation:
    """What a rule's query says of one subject; the numbers are in the rule's unit."""

    subject: str
    value: Decimal
    lingering: Decimal
    message: str


@dataclass(frozen=True)
class Alert:
    """One alert, with the columns of the table ``alerts``."""

    alert_id: str
    rule: str
    subject: str
    severity: str
    status: str
    opened_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    value: Decimal | None
    threshold: Decimal | None
    message: str


COLUMNS = tuple(Alert.__dataclass_fields__)


@cache
def rules() -> dict[str, dict]:
    """Return name → settings of every rule."""
    text = (resources.files(__package__) / "alert_rules.json").read_text("utf-8")
    return json.loads(text, parse_float=Decimal)


def severity_of(rule: dict, value: Decimal) -> str | None:
    """Return the worst level that the value reaches; None: below all of them."""
    levels = rule["levels"]
    return next((s for s in SEVERITIES if s in levels and value >= levels[s]), None)


def judge(name: str, held: Alert | None, seen: Observation | None, now: datetime) -> Alert | None:
    """Return the alert's state after an observation, or None where there is none to speak of.

    ``held`` is what the table has (open or closed), ``seen`` what the rule's query says now
    (None: nothing). The result equals ``held`` where nothing changed.
    """
    rule = rules()[name]
    is_open = held is not None and held.status == "open"
    severity = severity_of(rule, seen.value) if seen else None
    if severity is None and not is_open:
        return held
    lowest = min(rule["levels"].values())
    if severity is None and (not seen or seen.lingering < rule.get("close_below", lowest)):
        return replace(held, status="closed", closed_at=now, updated_at=now)
    severity = severity or min(rule["levels"], key=rule["levels"].get)
    judged = Alert(
        alert_id=f"{name}|{seen.subject}",
        rule=name,
        subject=seen.subject,
        severity=severity,
        status="open",
        opened_at=held.opened_at if is_open else now,
        updated_at=now,
        closed_at=None,
        value=Decimal(seen.value).quantize(_DIGITS),
        threshold=Decimal(rule["levels"][severity]),
        message=seen.message[:2000],
    )
    same = is_open and replace(judged, updated_at=held.updated_at) == held
    return held if same else judged


def is_news(held: Alert | None, judged: Alert) -> bool:
    """Tell whether a change is for the history and the topic: opened, closed, other severity."""
    return held is None or (held.status, held.severity) != (judged.status, judged.severity)


def refresh_alerts(connection: psycopg.Connection, credits_per_month: int = 0) -> int:
    """Judge every rule on the tables and store what changed; return how many alerts are open.

    ``credits_per_month`` is CoinCap's budget in credits; 0: unknown, its rule is left out.
    """
    with connection.transaction(), connection.cursor() as cursor:
        now = cursor.execute("select max(newest_polled_at) from market.stream_watermarks")
        now = now.fetchone()[0]
        if now is None:
            return 0
        held = {alert.alert_id: alert for alert in _held(cursor)}
        for name, rule in rules().items():
            if name == "credits_running_out" and not credits_per_month:
                continue
            mine = {key: alert for key, alert in held.items() if alert.rule == name}
            seen = {
                f"{name}|{each.subject}": each
                for each in _observe(cursor, name, rule, now, credits_per_month)
            }
            for key in sorted(mine.keys() | seen.keys()):
                judged = judge(name, mine.get(key), seen.get(key), now)
                if judged is not None and judged != mine.get(key):
                    _store(cursor, judged, is_news(mine.get(key), judged))
        cursor.execute("select count(*) from market.alerts where status = 'open'")
        return cursor.fetchone()[0]


def _held(cursor: psycopg.Cursor) -> list[Alert]:
    with cursor.connection.cursor(row_factory=class_row(Alert)) as reading:
        return reading.execute(f"select {', '.join(COLUMNS)} from market.alerts").fetchall()


def _observe(cursor, name: str, rule: dict, now: datetime, credits: int) -> list[Observation]:
    settings = {key: value for key, value in rule.items() if key not in ("levels", "why", "unit")}
    parameters = {
        **settings,
        "as_of": now,
        "stablecoins": Jsonb(seed("stablecoins")),
        "credits_per_month": credits,
    }
    with cursor.connection.cursor(row_factory=class_row(Observation)) as reading:
        return reading.execute(statement(f"alert_{name}"), parameters).fetchall()


def _store(cursor: psycopg.Cursor, alert: Alert, news: bool) -> None:
    values = [getattr(alert, column) for column in COLUMNS]
    names, marks = ", ".join(COLUMNS), ", ".join(["%s"] * len(COLUMNS))
    sets = ", ".join(f"{c} = excluded.{c}" for c in COLUMNS if c != "alert_id")
    cursor.execute(
        f"insert into market.alerts ({names}) values ({marks}) "
        f"on conflict (alert_id) do update set {sets}",
        values,
    )
    if news:
        cursor.execute(f"insert into market.alert_changes ({names}) values ({marks})", values)
