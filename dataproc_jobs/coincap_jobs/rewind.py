"""Moves the ledger by hand, while no driver runs.

Lowering is always safe: merges are idempotent and free of order, so messages that come again
change nothing, or what a corrected job makes of them. Raising leaves messages out for good.
"""

from dataclasses import dataclass

import psycopg

from coincap_jobs.errors import JobError
from coincap_jobs.kafka_source import Offsets


@dataclass(frozen=True)
class Change:
    """One partition's step in the ledger."""

    topic: str
    partition: int
    before: int
    after: int

    def __str__(self) -> str:
        return f"{self.topic}:{self.partition} {self.before} -> {self.after}"


def move_ledger(cursor: psycopg.Cursor, wanted: Offsets, accept_gap: bool) -> list[Change]:
    """Set the ledger's next offsets in the caller's transaction; return what changed.

    The caller owns the stream (ledger.take_over). Raises JobError for a partition that the
    ledger does not know, and for an offset after its own unless ``accept_gap``.
    """
    changes = []
    for topic, partitions in wanted.items():
        for partition, offset in partitions.items():
            topic_id, before = _entry(cursor, topic, partition)
            if offset > before and not accept_gap:
                raise JobError(
                    f"{topic}:{partition}: {offset} lies {offset - before} messages after the "
                    f"ledger's {before}, which would then be missing; give an offset up to "
                    f"{before}, or --accept-gap where they are lost anyway"
                )
            cursor.execute(
                "update market.stream_offsets set next_offset = %s, updated_at = now() "
                "where topic_id = %s and partition_id = %s",
                [offset, topic_id, partition],
            )
            cursor.execute(
                "insert into market.stream_rewinds (topic_id, topic, partition_id, from_offset, "
                "to_offset, accepted_gap) values (%s, %s, %s, %s, %s, %s)",
                [topic_id, topic, partition, before, offset, accept_gap],
            )
            changes.append(Change(topic, partition, before, offset))
    return changes


def _entry(cursor: psycopg.Cursor, topic: str, partition: int) -> tuple[str, int]:
    """Return (topic id, next offset); of a topic that was made anew, that of the newest."""
    row = cursor.execute(
        "select topic_id, next_offset from market.stream_offsets "
        "where topic = %s and partition_id = %s order by updated_at desc limit 1",
        [topic, partition],
    ).fetchone()
    if row:
        return row
    rows = cursor.execute(
        "select topic || ':' || partition_id from market.stream_offsets order by 1"
    ).fetchall()
    known = ", ".join(name for (name,) in rows) or "nothing yet"
    raise JobError(f"the ledger has no {topic}:{partition}; it has {known}")
