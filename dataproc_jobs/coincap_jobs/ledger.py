"""The ledger in PostgreSQL: which offsets are in the tables, and which driver may add more."""

import os
import socket
import time
from dataclasses import dataclass

import psycopg

from coincap_jobs.errors import JobError
from coincap_jobs.kafka_source import Offsets

LOCK = 0x636F696E63617031
"""Advisory lock of the one driver that serves a database (the bytes of "coincap1")."""
LOCK_PATIENCE_S = 60
"""Twice as long as the server's keep-alive needs to find a connection dead."""


class Fenced(JobError):
    """Another driver has taken over, or the ledger moved under this batch."""


@dataclass(frozen=True)
class Ownership:
    """This driver's right to merge; void as soon as another driver raises the epoch."""

    epoch: int
    owner: str


def take_over(connection: psycopg.Connection) -> Ownership:
    """Take the advisory lock for this session and raise the epoch.

    The lock keeps a second driver out while this one is connected; the epoch keeps this one
    out if it lost its connection and a second one took over. Raises JobError where another
    driver holds the lock.
    """
    owner = f"{socket.gethostname()}:{os.getpid()}"
    if not connection.execute("select pg_try_advisory_lock(%s)", [LOCK]).fetchone()[0]:
        holder = connection.execute("select owner, started_at from market.stream_owner").fetchone()
        raise JobError(
            f"another stream driver ({holder[0]}, started {holder[1]}) holds the lock of this "
            "database; stop it first, the lock goes with its connection"
        )
    epoch = connection.execute(
        "update market.stream_owner set epoch = epoch + 1, owner = %s, started_at = now() "
        "returning epoch",
        [owner],
    ).fetchone()[0]
    connection.commit()
    return Ownership(epoch, owner)


def retake(connection: psycopg.Connection, ownership: Ownership) -> None:
    """Take the lock again after a lost connection; raise Fenced where somebody was faster.

    The server may hold the lost session's lock until its keep-alive finds the connection dead.
    Whoever else takes the lock raises the epoch at once, so as long as it stands, it is waited
    for.
    """
    deadline = time.monotonic() + LOCK_PATIENCE_S
    while True:
        with connection.transaction(), connection.cursor() as cursor:
            check_owner(cursor, ownership)
            found = cursor.execute("select pg_try_advisory_lock(%s)", [LOCK])
            if found.fetchone()[0]:
                return
        if time.monotonic() > deadline:
            raise Fenced("the lock of the lost connection is still held; start the stream again")
        time.sleep(1)


def check_owner(cursor: psycopg.Cursor, ownership: Ownership) -> None:
    """Raise Fenced unless the epoch is still ours; holds it for the rest of the transaction."""
    epoch = cursor.execute("select epoch from market.stream_owner for share").fetchone()[0]
    if epoch != ownership.epoch:
        raise Fenced(
            f"epoch {ownership.epoch} of this driver is over (now {epoch}): another driver "
            "serves this database"
        )


def read(cursor: psycopg.Cursor, topic_ids: dict[str, str]) -> Offsets:
    """Return the ledger's offsets of the given topics; topics it does not know are absent."""
    names = {topic_id: name for name, topic_id in topic_ids.items()}
    rows = cursor.execute(
        "select topic_id, partition_id, next_offset from market.stream_offsets "
        "where topic_id = any(%s)",
        [list(names)],
    )
    found: Offsets = {}
    for topic_id, partition, offset in rows:
        found.setdefault(names[topic_id], {})[partition] = offset
    return found


def accepted_gaps(cursor: psycopg.Cursor, topic_ids: dict[str, str]) -> Offsets:
    """Return per topic and partition the offset before which the operator gave messages up."""
    found: Offsets = {}
    for topic, topic_id in topic_ids.items():
        rows = cursor.execute(
            "select partition_id, max(to_offset) from market.stream_rewinds "
            "where topic_id = %s and accepted_gap group by partition_id",
            [topic_id],
        )
        found[topic] = dict(rows.fetchall())
    return found


def advance(cursor: psycopg.Cursor, topic_ids: dict[str, str], seen: Offsets, end: Offsets) -> None:
    """Move the ledger from ``seen`` to ``end``; raise Fenced where it is no longer at ``seen``.

    The comparison makes the batch's admission (offsets from ``seen`` on) and its merge one
    step, although they were computed apart.
    """
    for topic, partitions in end.items():
        for partition, offset in partitions.items():
            before = seen.get(topic, {}).get(partition)
            if before is not None and offset <= before:
                continue
            key = (topic_ids[topic], partition)
            if before is None:
                cursor.execute(
                    "insert into market.stream_offsets (topic_id, topic, partition_id, "
                    "next_offset) values (%s, %s, %s, %s) on conflict do nothing",
                    [key[0], topic, partition, offset],
                )
            else:
                cursor.execute(
                    "update market.stream_offsets set next_offset = %s, updated_at = now() "
                    "where topic_id = %s and partition_id = %s and next_offset = %s",
                    [offset, *key, before],
                )
            if cursor.rowcount != 1:
                raise Fenced(
                    f"the ledger of {topic}/{partition} is no longer at {before}: another "
                    "driver merged this range"
                )
