"""The serve query: Kafka to the serving tables, exactly once, in five steps per micro-batch.

1. plan: the end offsets of the batch, from Spark's write-ahead log
2. admit: only offsets from the ledger on
3. decode and reduce: one row per key and event time, formatted as COPY lines
4. stage: into tables that only this attempt knows
5. merge: tables, dead letters and ledger in one transaction, under this driver's epoch
"""

import logging
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import psycopg
from pyspark.sql import DataFrame

from coincap.topics import topics
from coincap_jobs import ledger, progress, staging
from coincap_jobs.checkpoint import Checkpoint
from coincap_jobs.database import as_writer, connect
from coincap_jobs.decoding import Decoded, Decoder
from coincap_jobs.kafka_source import Offsets
from coincap_jobs.merge import Merged, merge

SOURCES = tuple(t.name for t in topics().values() if t.route == "to_kafka")
"""The topics that the stream job reads."""
_ATTEMPTS = 8
"""With the waits between them about a minute, longer than a database takes to start again."""
log = logging.getLogger("coincap.serve")


@dataclass
class Serve:
    """One serving driver: its connection, its right to merge and what it may cache."""

    dsn: str
    topic_ids: dict[str, str]
    ownership: ledger.Ownership
    connection: psycopg.Connection
    checkpoint: Checkpoint
    window: timedelta
    parallelism: int
    partitions: set = field(default_factory=set)

    def __post_init__(self):
        self._decoder = Decoder(self.dsn, self.topic_ids, self.parallelism)

    def process(self, batch: DataFrame, batch_id: int) -> None:
        """Bring one micro-batch into the tables; safe to call again for the same batch.

        A lost connection is retried, because the ledger tells whether the lost transaction
        went through. Raises ledger.Fenced where another driver has taken over.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                if self.connection.closed:
                    self._reconnect()
                return self._attempt(batch, batch_id)
            except psycopg.OperationalError as error:
                self.connection.close()
                if attempt == _ATTEMPTS:
                    raise
                log.warning("batch %s, try %s: %s", batch_id, attempt, str(error).strip())
                time.sleep(2**attempt / 4)
        return None

    def _attempt(self, batch: DataFrame, batch_id: int) -> None:
        started, clock = datetime.now(UTC), time.monotonic()
        end = self.checkpoint.planned(batch_id)
        with self.connection.cursor() as cursor:
            seen = ledger.read(cursor, self.topic_ids)
        self.connection.rollback()
        counts = pending(seen, end)
        if not counts:
            return
        total = sum(counts.values())
        prefix = f"b{self.ownership.epoch}_{batch_id}"
        decoded = self._decoder.decode(batch, seen, total, prefix)
        read_ms = (time.monotonic() - clock) * 1000
        merged, known = self._merge(decoded, seen, end, batch_id, started, total, read_ms)
        self.partitions |= known
        log.info(
            "batch %s: %s messages, %s new samples, %s dead letters, read %.0f ms, all %.0f ms",
            batch_id,
            total,
            merged.new_samples,
            merged.dead_letters,
            read_ms,
            (time.monotonic() - clock) * 1000,
        )

    def _merge(self, decoded: Decoded, seen, end, batch_id, started, total, read_ms):
        clock = time.monotonic()
        known = set(self.partitions)
        with self.connection.transaction(), self.connection.cursor() as cursor:
            ledger.check_owner(cursor, self.ownership)
            ledger.advance(cursor, self.topic_ids, seen, end)
            with staging.temporary_tables(cursor, decoded.rows) as copied:
                sources = staging.together(decoded.staged, copied)
                merged: Merged = merge(cursor, sources, self.window, known)
            staging.drop(cursor, decoded.staged)
            progress.record(
                cursor,
                "serve",
                batch_id,
                self.ownership.epoch,
                started,
                total,
                merged,
                read_ms,
                (time.monotonic() - clock) * 1000,
                end,
            )
        return merged, known

    def _reconnect(self) -> None:
        self.connection = as_writer(connect(self.dsn, "coincap-stream"))
        ledger.retake(self.connection, self.ownership)


def pending(seen: Offsets, end: Offsets) -> dict[str, int]:
    """Return per topic how many offsets lie between the ledger and the batch's end."""
    counts = {
        topic: sum(max(0, n - seen.get(topic, {}).get(p, 0)) for p, n in partitions.items())
        for topic, partitions in end.items()
    }
    return {topic: count for topic, count in counts.items() if count}
