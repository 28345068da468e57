"""Messages to COPY lines: by Python where they are plain, by Spark's plan where there is doubt.

A small batch is decoded in the driver, which saves the way through the executors; a large one in
the executors' Python workers, each of which copies what it has reduced into staging tables.
"""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from coincap_jobs import kafka_source, plain, planned, staging
from coincap_jobs.kafka_source import Offsets
from coincap_jobs.plain_lines import PlainLines

SMALL_BATCH = 20_000
"""Messages up to which the driver decodes and copies by itself."""
TAKE = 50_000
"""Messages that a task reduces at a time: bounds its memory, whatever the batch."""
Place = tuple[str, int, int]
"""Topic, partition and offset of a message."""


@dataclass
class Decoded:
    """What a batch came to: lines for the driver to copy, and tables that are filled."""

    rows: list[tuple[str, str]] = field(default_factory=list)
    staged: staging.Staged = field(default_factory=dict)

    def add(self, rows: list, tables: staging.Staged) -> None:
        """Add lines and tables."""
        self.rows += rows
        self.staged = staging.together(self.staged, tables)


@dataclass(frozen=True)
class Decoder:
    """Decodes batches for one database; ``parallelism`` is Spark's number of cores."""

    dsn: str
    topic_ids: dict[str, str]
    parallelism: int

    def decode(self, batch: DataFrame, seen: Offsets, total: int, prefix: str) -> Decoded:
        """Return what the ``total`` messages of a batch from the offsets ``seen`` on came to.

        ``prefix`` names the attempt's staging tables.
        """
        done = Decoded()
        if total <= SMALL_BATCH:
            lines = PlainLines()
            for message in _columns(batch).collect():
                _admit(lines, seen, *message)
            found = lines.take().items()
            done.add([(target, line) for target, every in found for line in every], {})
            doubtful = lines.doubtful
        else:
            tables, doubtful = self._in_executors(batch, seen, prefix)
            done.add([], tables)
        if doubtful:
            done.add(*self._by_plan(batch, doubtful, prefix))
        return done

    def _in_executors(self, batch: DataFrame, seen: Offsets, prefix: str):
        write = partial(_write, self.dsn, prefix, seen)
        schema = "name string, topic string, partition int, offset bigint"
        rows = _columns(batch).mapInArrow(write, schema).collect()
        names = [row["name"] for row in rows if row["name"]]
        doubtful = [tuple(row)[1:] for row in rows if not row["name"]]
        return staging.by_target(names, prefix), doubtful

    def _by_plan(self, batch: DataFrame, doubtful: list[Place], prefix: str):
        places = batch.sparkSession.createDataFrame(
            doubtful, "topic string, partition int, offset bigint"
        )
        odd = batch.join(F.broadcast(places), ["topic", "partition", "offset"], "left_semi")
        messages = kafka_source.messages(odd, self.topic_ids)
        decoded = planned.decode(messages, {topic for topic, _, _ in doubtful})
        for _, rows in decoded:
            rows.persist()
        try:
            lines = planned.lines(decoded)
            if len(doubtful) <= SMALL_BATCH:
                return lines.coalesce(self.parallelism).collect(), {}
            copy = staging.copy_from_executors
            return [], copy(lines, self.dsn, prefix, self.parallelism)
        finally:
            for _, rows in decoded:
                rows.unpersist()


def _columns(batch: DataFrame) -> DataFrame:
    value = F.substring("value", 1, plain.LONGEST_BYTES + 1).alias("value")
    headers = F.expr(plain.HEADER_TEXT).alias("headers")
    return batch.select("topic", "partition", "offset", "key", value, headers)


def _admit(lines: PlainLines, seen: Offsets, topic, partition, offset, key, value, headers):
    """Add a message that the ledger does not have yet."""
    if offset >= seen.get(topic, {}).get(partition, 0):
        key, value = (None if part is None else bytes(part) for part in (key, value))
        lines.add(topic, partition, offset, key, value, bytes(headers))


def _write(dsn: str, prefix: str, seen: Offsets, batches: Iterable) -> Iterator:
    """Do one task's part; yield the names of its tables, then what is in doubt."""
    import pyarrow as pa

    lines, waiting = PlainLines(), 0
    with _no_search_for_cycles(), staging.TaskTables(dsn, prefix) as tables:

        def copy() -> None:
            for target, every in lines.take().items():
                tables.copy(
                    target, ("".join(every[n : n + 1000]) for n in range(0, len(every), 1000))
                )

        for batch in batches:
            for message in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                _admit(lines, seen, *message)
            waiting += len(batch)
            if waiting >= TAKE:
                copy()
                waiting = 0
        copy()
    rows = [(name, None, None, None) for name in tables.names]
    rows += [(None, *place) for place in lines.doubtful]
    columns = list(zip(*rows, strict=True)) or [()] * 4
    kinds = {
        "name": pa.string(),
        "topic": pa.string(),
        "partition": pa.int32(),
        "offset": pa.int64(),
    }
    yield pa.RecordBatch.from_arrays(
        [pa.array(list(c), k) for c, k in zip(columns, kinds.values(), strict=True)], list(kinds)
    )


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Pause Python's collector: a million tuples without a cycle cost it a third of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
