"""Delta tables: read, insert what is new, replace whole days, say what changed."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, DataFrameWriter, SparkSession
from pyspark.sql import functions as F

from coincap_batch.changes import Log, Mark
from coincap_batch.tables import LakeTable
from coincap_jobs.errors import JobError
from coincap_jobs.turns import my_turn

_DAY = re.compile(r"date=(\d{4}-\d{2}-\d{2})")
_DATE_IN_PATH = re.compile(rf"/{_DAY.pattern}/")


class StoreError(JobError):
    """A table could not be written; the message names it, its days and the cause."""


@contextmanager
def naming(table: str, days: list[str]) -> Iterator[None]:
    """Turn a failure of Spark, whose message is a plan, into a line that names the partitions."""
    try:
        yield
    except Exception as error:
        # What is read for the table fails before its days are known; its files' paths name them.
        known = sorted(days) or sorted(set(_DAY.findall(str(error))))
        which = ", ".join(f"date={day}" for day in known) or "no day known yet"
        raise StoreError(f"{table} ({which}): {_cause(error)}") from error


def _cause(error: Exception) -> str:
    """Return the line of a Java error that says what happened: that of its innermost cause."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    causes = [line for line in lines if line.startswith("Caused by: ")]
    said = [line for line in lines if not line.startswith("An error occurred while calling")]
    line = (causes[-1:] or said[:1] or [type(error).__name__])[0]
    return line.removeprefix("Caused by: ").lstrip(": ")


class Store:
    """The tables of one lake, seen through one Spark session."""

    def __init__(self, spark: SparkSession, lake: str):
        self.spark = spark
        self.lake = lake

    def exists(self, table: LakeTable) -> bool:
        """Say whether the table has been written before."""
        return DeltaTable.isDeltaTable(self.spark, table.path(self.lake))

    def read(self, table: LakeTable, days: list[str] | None = None) -> DataFrame:
        """Return the table's rows, those on the given days alone (ISO texts) where given."""
        rows = self.spark.read.format("delta").load(table.path(self.lake))
        return rows if days is None else rows.where(F.expr(_on(days)))

    def upsert(self, table: LakeTable, rows: DataFrame, order: tuple[str, ...] = ()) -> None:
        """Add the rows whose identity the table lacks.

        With ``order``, a row that comes before the stored one of its identity takes its place,
        so that no order of runs changes the outcome. ``rows`` must hold each identity once.
        """
        if not self.exists(table):
            with naming(table.place, []):
                self._write(table, rows, "errorifexists")
            return
        with _kept(rows) as rows:
            with naming(table.place, []):
                days = _days(rows)
            with naming(table.place, days):
                if days and order:
                    with _kept(self._changed(table, rows, order, days)) as changed:
                        self._merge(table, changed, order, _days(changed))
                else:
                    self._merge(table, rows, order, days)

    def _changed(
        self, table: LakeTable, rows: DataFrame, order: tuple[str, ...], days: list[str]
    ) -> DataFrame:
        """Return the rows that are new or come before the stored one.

        A merge rewrites every file in which it finds a match, even where no condition then
        holds; so it only gets to see what it will change.
        """
        stored = self.read(table, None if table.wanders else days).select(
            *table.identity, F.struct(*order).alias("_stored")
        )
        joined = rows.join(stored, list(table.identity), "left")
        comes_first = F.struct(*(rows[name] for name in order)) < F.col("_stored")
        kept = joined.where(F.col("_stored").isNull() | comes_first)
        return kept.select(*(rows[name] for name in rows.columns))

    def _merge(self, table: LakeTable, rows: DataFrame, order: tuple[str, ...], days: list[str]):
        if not days:
            return
        target = DeltaTable.forPath(self.spark, table.path(self.lake))
        same = [f"t.`{name}` <=> s.`{name}`" for name in table.identity]
        if not table.wanders:
            same += [f"t.{_on(days)}", "t.date = s.date"]
        merge = target.alias("t").merge(rows.alias("s"), " and ".join(same))
        # A field that the contract has gained becomes a column, null in what is there already.
        merge = merge.withSchemaEvolution()
        if order:
            first = [f"struct({', '.join(f'{side}.{name}' for name in order)})" for side in "st"]
            merge = merge.whenMatchedUpdateAll(condition=f"{first[0]} < {first[1]}")
        with my_turn(table.path(self.lake)):
            merge.whenNotMatchedInsertAll().execute()

    def replace(self, table: LakeTable, rows: DataFrame, days: list[str]) -> None:
        """Replace the given days by ``rows`` in one commit; days without rows become empty."""
        with naming(table.place, days):
            if not self.exists(table):
                self._write(table, rows, "errorifexists")
            elif days:
                writer = self._writer(rows, "overwrite").option("replaceWhere", _on(days))
                self._save(table, writer)

    def mark(self, table: LakeTable) -> Mark | None:
        """Return the table's newest version, None where there is no table."""
        return Log(self.spark, table.path(self.lake)).mark()

    def gained(self, table: LakeTable, before: Mark | None, now: Mark) -> DataFrame:
        """Return the rows that came after ``before`` up to ``now``, and some of before."""
        return Log(self.spark, table.path(self.lake)).rows(before, now)

    def touched(self, table: LakeTable, before: Mark | None, now: Mark) -> set[str]:
        """Return the days (ISO texts) whose rows changed after ``before`` up to ``now``."""
        gained = Log(self.spark, table.path(self.lake)).gained(before, now)
        return set(self.files(table)) if gained is None else gained.days

    def files(self, table: LakeTable) -> dict[str, list[str]]:
        """Return the active files per day (ISO text), as paths below the lake's root, sorted.

        Empty where there is no table.
        """
        if not self.exists(table):
            return {}
        days: dict[str, list[str]] = {}
        for address in sorted(self.read(table).inputFiles()):
            path = address[address.rindex(f"{table.layer}/{table.name}/date=") :]
            days.setdefault(_DATE_IN_PATH.search(path)[1], []).append(path)
        return days

    def _write(self, table: LakeTable, rows: DataFrame, mode: str) -> None:
        writer = self._writer(rows, mode).partitionBy("date")
        if table.layer == "gold":
            # Whole days are written and read; minima per file would cost and serve nobody.
            writer = writer.option("delta.dataSkippingNumIndexedCols", "0")
        self._save(table, writer)

    def _save(self, table: LakeTable, writer: DataFrameWriter) -> None:
        path = table.path(self.lake)
        with my_turn(path):
            writer.save(path)

    @staticmethod
    def _writer(rows: DataFrame, mode: str) -> DataFrameWriter:
        return rows.write.format("delta").mode(mode).option("mergeSchema", "true")


@contextmanager
def _kept(rows: DataFrame) -> Iterator[DataFrame]:
    """Keep rows that are read several times, for as long as the block lasts."""
    rows.persist()
    try:
        yield rows
    finally:
        rows.unpersist()


def _days(rows: DataFrame) -> list[str]:
    return [str(row.date) for row in rows.select("date").distinct().collect()]


def _on(days: list[str]) -> str:
    """Return the predicate that holds on the given days, never where there are none."""
    listed = ", ".join(f"date'{day}'" for day in days)
    return f"date in ({listed or 'null'})"
