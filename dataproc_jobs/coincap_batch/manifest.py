"""The manifest: what of the lake the warehouse should hold, file by file.

The load needs neither Spark nor a reader of Delta: per table and day it finds the active
Parquet files, the rows and sums to check against, and the columns with BigQuery's types. A
day whose rows did not change since the last manifest keeps its fingerprint, also where a
compaction gave it other files, so only changed days are read and loaded.
"""

import hashlib

from pyspark.sql import functions as F
from pyspark.sql import types as T

from coincap_batch.at_once import at_once
from coincap_batch.changes import Mark
from coincap_batch.state import State
from coincap_batch.store import Store
from coincap_batch.tables import LOADED, LakeTable

_TYPES = {
    T.StringType: "STRING",
    T.LongType: "INTEGER",
    T.IntegerType: "INTEGER",
    T.BooleanType: "BOOLEAN",
    T.DoubleType: "FLOAT64",
    T.TimestampType: "TIMESTAMP",
    T.DateType: "DATE",
}


def fingerprint(files: list[str]) -> str:
    """Return a hash of a day's files, which names its content from when its rows change."""
    return hashlib.sha256("\n".join(files).encode()).hexdigest()


def manifest(store: Store, state: State) -> dict:
    """Return the manifest of all loaded tables and keep it for the next run."""
    before = state.read("manifest").get("tables", {})
    there = [table for table in LOADED if store.exists(table)]
    entries = at_once([(_table, store, table, before.get(table.name, {})) for table in there])
    tables = {table.name: entry for table, entry in zip(there, entries, strict=True)}
    content = {"version": 1, "tables": tables}
    state.write("manifest", content)
    return content


def _table(store: Store, table: LakeTable, before: dict) -> dict:
    mark = store.mark(table)
    files = store.files(table)
    known = before.get("partitions", {})
    touched = store.touched(table, Mark.of(before.get("mark")), mark)
    changed = [day for day in files if day in touched or day not in known]
    checks = _checks(store, table, changed) if changed else {}
    partitions = {}
    for day, paths in files.items():
        if day in changed:
            found = {"fingerprint": fingerprint(paths), **checks.get(day, _NOTHING)}
        else:
            found = known[day]
        partitions[day] = {**found, "files": paths}
    return {
        "mark": mark.json(),
        "columns": [[field.name, bigquery_type(field)] for field in _fields(store, table)],
        "partition_by": table.time,
        "cluster_by": list(table.cluster),
        "require_partition_filter": table.filtered,
        "sums": list(table.sums),
        "partitions": partitions,
    }


_NOTHING = {"rows": 0, "sums": {}}


def _fields(store: Store, table: LakeTable) -> list[T.StructField]:
    return [field for field in store.read(table).schema.fields if field.name != "date"]


def _checks(store: Store, table: LakeTable, days: list[str]) -> dict[str, dict]:
    sums = [F.sum(F.col(name).cast("decimal(38,18)")).alias(name) for name in table.sums]
    rows = store.read(table, days)
    found = rows.groupBy("date").agg(F.count("*").alias("_rows"), *sums).collect()
    return {
        str(row["date"]): {
            "rows": row["_rows"],
            "sums": {n: None if row[n] is None else format(row[n], "f") for n in table.sums},
        }
        for row in found
    }


def bigquery_type(field: T.StructField) -> str:
    """Return BigQuery's type of a column; decimals keep their precision and scale."""
    kind = field.dataType
    if isinstance(kind, T.DecimalType):
        return f"BIGNUMERIC({kind.precision},{kind.scale})"
    return _TYPES[type(kind)]
