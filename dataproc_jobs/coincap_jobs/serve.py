"""The serve query: Kafka to the serving tables, exactly once, in five steps per micro-batch.

1. plan: the end offsets of the batch, from Spark's write-ahead log
2. admit: only offsets from the ledger on; what is already in the tables is not read again
3. reduce: one row per key and event time, formatted as COPY lines; by Spark, or by the driver
   where the batch is small and its messages are plain
4. stage: into tables that only this attempt knows
5. merge: tables, dead letters and ledger in one transaction, under this driver's epoch
"""

import logging
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import psycopg
from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F

from coincap.contract import RecordType, record_type
from coincap.topics import topics
from coincap_jobs import kafka_source, ledger, plain, progress, staging, wire
from coincap_jobs.checkpoint import Checkpoint
from coincap_jobs.copy_text import copy_lines
from coincap_jobs.database import connect
from coincap_jobs.dead_letters import dead_letters
from coincap_jobs.kafka_source import Offsets
from coincap_jobs.merge import LATEST, Merged, merge
from coincap_jobs.plain_lines import plain_lines
from coincap_jobs.reduce import reduce_rows
from coincap_jobs.replays import replayed, replayed_count

SOURCES = tuple(t.name for t in topics().values() if t.route == "to_kafka")
"""The topics that the stream job reads."""
PLAIN_BATCH = 20_000
"""Messages up to which the driver decodes by itself where it can (``plain``)."""
SMALL_BATCH = 20_000
"""Messages up to which the driver copies by itself instead of the executors."""
_ATTEMPTS = 5
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

    def process(self, batch: DataFrame, batch_id: int) -> None:
        """Bring one micro-batch into the tables; safe to call again for the same batch.

        A lost connection is retried, because the ledger tells whether the lost transaction
        went through. Raises ledger.Fenced where another driver has taken over.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._attempt(batch, batch_id)
            except psycopg.OperationalError as error:
                if attempt == _ATTEMPTS:
                    raise
                log.warning("batch %s, try %s: %s", batch_id, attempt, str(error).strip())
                time.sleep(2**attempt / 4)
                self._reconnect()
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
        rows, staged = _plain(batch, seen) if total <= PLAIN_BATCH else None, {}
        if rows is None:
            rows, staged = self._planned(batch, seen, counts, batch_id)
        read_ms = (time.monotonic() - clock) * 1000
        merged, known = self._merge(rows, staged, seen, end, batch_id, started, total, read_ms)
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

    def _planned(self, batch: DataFrame, seen: Offsets, counts: dict[str, int], batch_id: int):
        """Return rows and staging tables by a plan of Spark's."""
        admitted = kafka_source.messages(admit(batch, seen), self.topic_ids)
        if len(counts) > 1:
            admitted = admitted.persist()
        try:
            return self._stage(admitted, sorted(counts), batch_id, sum(counts.values()))
        finally:
            admitted.unpersist()

    def _stage(self, admitted: DataFrame, names: list[str], batch_id: int, total: int):
        """Return (rows for the driver to copy, staging tables that the executors filled)."""
        records = [record_type(topics()[name].record) for name in names]
        decoded, counts = {}, {}
        for record in records:
            counts[record.name] = Observation()
            rows = wire.decode(admitted.where(F.col("topic") == record.topic), record)
            decoded[record.name] = rows
        lines = _union(_accepted(_counted(decoded[r.name], counts[r.name]), r) for r in records)
        if total <= SMALL_BATCH:
            rows, staged = lines.coalesce(self.parallelism).collect(), {}
        else:
            rows, staged = [], self._copy(lines, batch_id)
        rare = [_refused(decoded[name]) for name, seen in counts.items() if seen.get["refused"]]
        rare += [replayed(decoded[name]) for name, seen in counts.items() if seen.get["replayed"]]
        if rare:
            letters = _union(rare)
            if total <= SMALL_BATCH:
                rows += letters.collect()
            else:
                for target, tables in self._copy(letters, batch_id).items():
                    staged.setdefault(target, []).extend(tables)
        return rows, staged

    def _copy(self, lines: DataFrame, batch_id: int) -> staging.Staged:
        prefix = f"b{self.ownership.epoch}_{batch_id}"
        return staging.copy_from_executors(lines, self.dsn, prefix, self.parallelism)

    def _merge(self, rows, staged, seen, end, batch_id, started, total, read_ms):
        clock = time.monotonic()
        known = set(self.partitions)
        with self.connection.transaction(), self.connection.cursor() as cursor:
            ledger.check_owner(cursor, self.ownership)
            ledger.advance(cursor, self.topic_ids, seen, end)
            with staging.temporary_tables(cursor, rows) as copied:
                merged: Merged = merge(cursor, {**staged, **copied}, self.window, known)
            staging.drop(cursor, staged)
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
        self.connection.close()
        self.connection = connect(self.dsn, "coincap-stream")
        ledger.retake(self.connection, self.ownership)


def pending(seen: Offsets, end: Offsets) -> dict[str, int]:
    """Return per topic how many offsets lie between the ledger and the batch's end."""
    counts = {
        topic: sum(max(0, n - seen.get(topic, {}).get(p, 0)) for p, n in partitions.items())
        for topic, partitions in end.items()
    }
    return {topic: count for topic, count in counts.items() if count}


def admit(batch: DataFrame, seen: Offsets) -> DataFrame:
    """Keep the messages that the ledger does not have yet."""
    condition = F.lit(True)
    for topic, partitions in seen.items():
        for partition, offset in partitions.items():
            here = (F.col("topic") == topic) & (F.col("partition") == partition)
            condition = condition & (~here | (F.col("offset") >= offset))
    return batch.where(condition)


def _plain(batch: DataFrame, seen: Offsets) -> list[tuple[str, str]] | None:
    """Return the lines of a batch of plain messages; None where Spark has to judge it."""
    value = F.substring("value", 1, plain.LONGEST_BYTES + 1).alias("value")
    headers = F.expr(plain.HEADER_TEXT).alias("headers")
    messages = batch.select("topic", "partition", "offset", "key", value, headers).collect()
    try:
        return plain_lines(
            m for m in messages if m.offset >= seen.get(m.topic, {}).get(m.partition, 0)
        )
    except plain.Doubt:
        return None


def _accepted(decoded: DataFrame, record: RecordType) -> DataFrame:
    rows = wire.good(decoded)
    if record.name in LATEST:
        return copy_lines(reduce_rows(rows, record), record.table)
    return copy_lines(rows.select(*[f.column for f in record.fields]), record.table)


def _refused(decoded: DataFrame) -> DataFrame:
    return copy_lines(dead_letters(wire.bad(decoded)), "dead_letters")


def _counted(decoded: DataFrame, seen: Observation) -> DataFrame:
    refused = F.count_if(F.col("refusal").isNotNull()).alias("refused")
    return decoded.observe(seen, refused, replayed_count())


def _union(frames) -> DataFrame:
    first, *others = frames
    for frame in others:
        first = first.unionAll(frame)
    return first
