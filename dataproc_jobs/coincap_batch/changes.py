"""What a Delta table has gained since a version, told by its own log.

A step of the batch remembers the version up to which it has read its source, and takes what
came after: exactly that, whatever times the rows carry. A message that is archived late has a
Kafka timestamp that an earlier run has passed; the version of its commit nobody has.
"""

import re
from dataclasses import asdict, dataclass
from urllib.parse import unquote

from pyspark.sql import DataFrame, SparkSession

_DAY = re.compile(r"date=(\d{4}-\d{2}-\d{2})/")
_ACTION = "struct<path: string, dataChange: boolean>"


@dataclass(frozen=True)
class Mark:
    """One version of one table; a table that is made anew has another id."""

    table_id: str
    version: int

    def json(self) -> dict:
        """Return the mark as the state keeps it."""
        return asdict(self)

    @classmethod
    def of(cls, document: dict | None) -> "Mark | None":
        """Return the mark that a state holds, None where it holds none."""
        return cls(**document) if document else None


@dataclass(frozen=True)
class Gained:
    """The days (ISO texts) whose rows changed, and the files that hold all new rows."""

    days: set[str]
    files: list[str]


class Log:
    """The log of the Delta table in a folder or bucket."""

    def __init__(self, spark: SparkSession, path: str):
        self._spark, self._path = spark, path

    def mark(self) -> Mark | None:
        """Return the table's newest version, None where there is no table."""
        jvm = self._spark.sparkContext._jvm
        delta = jvm.org.apache.spark.sql.delta.DeltaLog
        none = jvm.scala.Option.empty()
        newest = delta.forTable(self._spark._jsparkSession, self._path).update(False, none, none)
        if newest.version() < 0:
            return None
        return Mark(newest.metadata().id(), newest.version())

    def gained(self, before: Mark | None, now: Mark) -> Gained | None:
        """Return what came after ``before`` up to ``now``, None where only the whole table tells.

        That is: nothing was read before, the table was made anew, or its log no longer reaches
        back (Delta keeps 30 days of it). Compaction changes no row; its files count only where
        they have swallowed new ones.
        """
        if before is None or before.table_id != now.table_id or before.version > now.version:
            return None
        if before.version == now.version:
            return Gained(set(), [])
        commits = [self._commit(n) for n in range(before.version + 1, now.version + 1)]
        if not self._exists(commits[0]):
            return None
        added, removed = self._actions(commits)
        changed = [path for path, has_data in [*added.items(), *removed.items()] if has_data]
        swallowed = {_day(path) for path, is_new in added.items() if is_new and path in removed}
        files = [
            path
            for path, is_new in added.items()
            if path not in removed and (is_new or _day(path) in swallowed)
        ]
        return Gained({_day(path) for path in changed}, sorted(files))

    def rows(self, before: Mark | None, now: Mark) -> DataFrame:
        """Return the rows that came after ``before`` up to ``now``.

        Rows of before may be among them (a merge and a compaction write them again), so what is
        done with the rows must bear repetition.
        """
        as_of = self._spark.read.format("delta").option("versionAsOf", now.version)
        table = as_of.load(self._path)
        gained = self.gained(before, now)
        if gained is None:
            return table
        if not gained.files:
            return table.where("false")
        files = [f"{self._path}/{unquote(path)}" for path in gained.files]
        reader = self._spark.read.schema(table.schema).option("basePath", self._path)
        return reader.parquet(*files).select(*table.columns)

    def _actions(self, commits: list[str]) -> tuple[dict[str, bool], dict[str, bool]]:
        """Return the files added and removed by the commits; the value: do rows change by it."""
        rows = self._spark.read.schema(f"add {_ACTION}, remove {_ACTION}").json(commits)
        named = rows.selectExpr("add is not null as is_added", "coalesce(add, remove) as file")
        found = named.where("file is not null").select("is_added", "file.*").collect()
        added = {row.path: row.dataChange for row in found if row.is_added}
        return added, {row.path: row.dataChange for row in found if not row.is_added}

    def _commit(self, version: int) -> str:
        return f"{self._path}/_delta_log/{version:020}.json"

    def _exists(self, address: str) -> bool:
        path = self._spark._jvm.org.apache.hadoop.fs.Path(address)
        return path.getFileSystem(self._spark._jsc.hadoopConfiguration()).exists(path)


def _day(path: str) -> str:
    found = _DAY.search(path)
    return found[1] if found else ""
