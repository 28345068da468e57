"""The master invariant of one deployment, as one verdict."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from chaos.check.accounts import check_accounts
from chaos.check.lake import check_bronze, check_silver
from chaos.check.log import OUTBOX, Message, read
from chaos.check.offline import work_out
from chaos.check.polls import check_polls
from chaos.check.serving import check_serving
from chaos.check.values import Trust
from chaos.check.verdict import Verdict


@dataclass(frozen=True)
class Sent:
    """What the load knows: ``acknowledged`` identities of all messages that a broker acknowledged
    to a publisher; ``finished`` snapshots with their ticks; ``listed`` rows per endpoint."""

    acknowledged: Counter
    finished: dict[str, datetime]
    listed: dict[str, list]


def check(bootstrap: str, dsn: str, lake: Path, sent: Sent, silver: bool = False) -> Verdict:
    """Return the verdict over Kafka, PostgreSQL and the lake; a drained job is the caller's."""
    messages = read(bootstrap)
    outbox = read(bootstrap, (OUTBOX,))
    expected = work_out(messages, Trust())
    verdict = Verdict()
    _in_kafka(messages, sent.acknowledged, verdict)
    _join(verdict, check_polls(lake, sent.finished, messages, sent.listed))
    with psycopg.connect(dsn, options="-c timezone=UTC") as db:
        _join(verdict, check_serving(db, expected, Trust()))
        _join(verdict, check_accounts(db, messages, outbox, expected))
    _join(verdict, check_bronze(lake, messages))
    if silver:
        _join(verdict, check_silver(lake, expected.accepted))
    return verdict


def _in_kafka(messages: list[Message], acknowledged: Counter, verdict: Verdict) -> None:
    held = Counter(message.identity for message in messages)
    missing = acknowledged - held
    what = f"acknowledged, not in Kafka: {min(missing, default='')}"
    verdict.add("lost", sum(missing.values()), what)


def _join(verdict: Verdict, other: Verdict) -> None:
    verdict.lost += other.lost
    verdict.duplicated += other.duplicated
    verdict.wrong += other.wrong
    verdict.named += other.named
