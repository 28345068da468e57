"""What the proof reads, as DuckDB sees it: PostgreSQL's tables and Delta's active files."""

from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable

_IDENTITY = ("topic", "message_key", "snapshot_id", "value_md5")


def load(db, serving, name: str, table: str, columns: str) -> None:
    """Copy columns of a table of schema market into DuckDB, md5s as hexadecimal text."""
    cursor = serving.execute(f"select {columns} from market.{table}")
    names = [column.name for column in cursor.description]
    rows = cursor.fetchall()
    data = {
        n: pa.array([r[i] for r in rows], _arrow(cursor.description[i].type_code))
        for i, n in enumerate(names)
    }
    if "value_md5" in data:
        text = [value.replace("-", "") for value in data.pop("value_md5").to_pylist()]
        data["md5"] = pa.array(text, pa.string())
    arrow = pa.table(data)  # noqa: F841 (DuckDB finds it by name)
    db.execute(f"create or replace table {name} as select * from arrow")


def _arrow(type_code: int) -> pa.DataType:
    return pa.int64() if type_code in (20, 21, 23) else pa.string()


def view(db, name: str, path: Path) -> None:
    """Name the active files of a Delta table; partition columns come from the paths."""
    files = DeltaTable(str(path)).file_uris()
    if not files:
        columns = ", ".join(f"null::varchar as {n}" for n in _IDENTITY)
        db.execute(f"create or replace view {name} as select {columns} where false")
        return
    listing = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
    db.execute(
        f"create or replace view {name} as select * from "
        f"read_parquet([{listing}], hive_partitioning = true)"
    )
