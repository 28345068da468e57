"""COPY of reduced rows into tables that only their own attempt knows.

Large batches: every task creates and fills tables of its own (``staging.bE_B_T_target``) in
one transaction. Spark returns the names from the tasks that succeeded, and only those tables
are merged: a failed, repeated or speculative attempt leaves tables that nobody reads, which
the next start drops. Small batches: the driver copies into temporary tables, which saves the
round trip through the executors.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from pyspark import TaskContext
from pyspark.sql import DataFrame

from coincap_jobs.database import as_writer, connect

Staged = dict[str, list[str]]
"""Per target the staging tables that hold its rows."""


class TaskTables:
    """The staging tables of one task attempt; committed once, when the block ends well."""

    def __init__(self, dsn: str, prefix: str):
        self._dsn = dsn
        self._prefix = f"{prefix}_{TaskContext.get().taskAttemptId()}"
        self.names: list[str] = []

    def __enter__(self) -> "TaskTables":
        self._connection = as_writer(connect(self._dsn, "coincap-stream-task"))
        return self

    def __exit__(self, kind, *_) -> None:
        if kind is None:
            self._connection.commit()
        self._connection.close()

    def copy(self, target: str, payloads: Iterable) -> None:
        """Copy payloads of COPY lines (text or bytes) into the attempt's table of a target."""
        table = f"{self._prefix}_{target}"
        name = sql.Identifier("staging", table)
        with self._connection.cursor() as cursor:
            if table not in self.names:
                model = sql.Identifier("staging", target)
                cursor.execute(sql.SQL("create unlogged table {} (like {})").format(name, model))
                self.names.append(table)
            with cursor.copy(sql.SQL("copy {} from stdin").format(name)) as copy:
                for payload in payloads:
                    copy.write(payload)


def copy_from_executors(lines: DataFrame, dsn: str, prefix: str, partitions: int) -> Staged:
    """Write (target, line) rows into staging tables from the executors; return their names.

    ``prefix`` names the attempt.
    """

    def write(batches: Iterable) -> Iterator:
        import pyarrow as pa

        with TaskTables(dsn, prefix) as tables:
            for target, payloads in _by_target(batches):
                tables.copy(target, payloads)
        yield pa.RecordBatch.from_pydict({"name": pa.array(tables.names, pa.string())})

    rows = lines.coalesce(partitions).mapInArrow(write, "name string").collect()
    return by_target((row["name"] for row in rows), prefix)


def by_target(names: Iterable[str], prefix: str) -> Staged:
    """Return the tables of an attempt's tasks by their target."""
    staged: Staged = {}
    for name in names:
        target = name.removeprefix(f"{prefix}_").split("_", 1)[1]
        staged.setdefault(target, []).append(name)
    return staged


def _by_target(batches: Iterable) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Group Arrow batches by target; a payload is the string column's own buffer, uncopied."""
    import pyarrow.compute as pc

    for batch in batches:
        for target in pc.unique(batch.column(0)).to_pylist():
            line = batch.column(1).filter(pc.equal(batch.column(0), target))
            if len(line):
                yield target, iter([_buffer(line)])


def _buffer(line) -> memoryview:
    import numpy as np

    offsets = np.frombuffer(line.buffers()[1], dtype=np.int32)
    first, last = offsets[line.offset], offsets[line.offset + len(line)]
    return memoryview(line.buffers()[2])[first:last]


@contextmanager
def temporary_tables(cursor: psycopg.Cursor, rows: list) -> Iterator[Staged]:
    """Copy collected (target, line) rows into temporary tables of this transaction."""
    by_target: dict[str, list[str]] = {}
    for target, line in rows:
        by_target.setdefault(target, []).append(line)
    for target, lines in by_target.items():
        cursor.execute(
            sql.SQL("create temp table if not exists {} (like {}) on commit delete rows").format(
                sql.Identifier(f"in_{target}"), sql.Identifier("staging", target)
            )
        )
        command = sql.SQL("copy pg_temp.{} from stdin").format(sql.Identifier(f"in_{target}"))
        with cursor.copy(command) as copy:
            copy.write("".join(lines))
    yield {target: [f"in_{target}"] for target in by_target}


def together(*parts: Staged) -> Staged:
    """Return the tables of several parts of a batch by target."""
    whole: Staged = {}
    for part in parts:
        for target, tables in part.items():
            whole.setdefault(target, []).extend(tables)
    return whole


def drop(cursor: psycopg.Cursor, staged: Staged) -> None:
    """Drop the merged staging tables, in the merge's own transaction."""
    for tables in staged.values():
        for name in tables:
            cursor.execute(sql.SQL("drop table {}").format(sql.Identifier("staging", name)))


def drop_leftovers(connection: psycopg.Connection, prefix: str = "b") -> int:
    """Drop staging tables of earlier attempts; return how many there were.

    As the login itself: an older version of the job made them as that.
    """
    connection.execute("set local role none")
    names = connection.execute(
        "select relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "where n.nspname = 'staging' and relkind = 'r' and relname ~ %s",
        [f"^{prefix}[0-9]+_[0-9]+_[0-9]+_"],
    ).fetchall()
    for (name,) in names:
        connection.execute(
            sql.SQL("drop table if exists {}").format(sql.Identifier("staging", name))
        )
    connection.commit()
    return len(names)
