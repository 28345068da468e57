"""Serving tables and marts as Parquet, decimals exact."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

EXPLANATION = "explain_figures"
_CHUNK = 50_000
EXACT = pa.decimal128(38, 18)
_ARROW = {
    "numeric": EXACT,
    "double precision": pa.float64(),
    "bigint": pa.int64(),
    "integer": pa.int32(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp with time zone": pa.timestamp("us", "UTC"),
}
"""PostgreSQL's types to Arrow's; any other (text, uuid, jsonb, interval) is written as text."""


def export_serving(dsn: str, folder: Path) -> dict[str, int]:
    """Write every table of schema market to ``folder``/<table>.parquet; return rows per table."""
    folder.mkdir(parents=True, exist_ok=True)
    with psycopg.connect(dsn) as connection:
        tables = connection.execute(
            "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
            "where n.nspname = 'market' and c.relkind in ('r', 'p') and not c.relispartition "
            "order by 1"
        ).fetchall()
        return {name: _table(connection, name, folder / f"{name}.parquet") for (name,) in tables}


def _table(connection: psycopg.Connection, name: str, file: Path) -> int:
    columns = connection.execute(
        "select column_name, data_type from information_schema.columns "
        "where table_schema = 'market' and table_name = %s order by ordinal_position",
        [name],
    ).fetchall()
    schema = pa.schema([(column, _ARROW.get(kind, pa.string())) for column, kind in columns])
    casts = ", ".join(
        f'"{column}"' if kind in _ARROW else f'"{column}"::text' for column, kind in columns
    )
    rows = 0
    with connection.cursor(f"export_{name}") as cursor, pq.ParquetWriter(file, schema) as writer:
        cursor.itersize = _CHUNK
        cursor.execute(f'select {casts} from market."{name}"')
        while chunk := cursor.fetchmany(_CHUNK):
            arrays = [
                pa.array(values, kind)
                for values, kind in zip(zip(*chunk, strict=True), schema.types, strict=True)
            ]
            writer.write_table(pa.table(arrays, schema=schema))
            rows += len(chunk)
    return rows


def export_marts(address: str, project: str, folder: Path) -> dict[str, int]:
    """Write every table of dataset marts to ``folder``/<table>.parquet; return rows per table.

    The view behind ``explain`` stays: it repeats every message once per figure.
    """
    folder.mkdir(parents=True, exist_ok=True)
    client = warehouse(address, project)
    tables = [t.table_id for t in client.list_tables("marts") if t.table_id != EXPLANATION]
    return {name: _mart(client, name, folder / f"{name}.parquet") for name in sorted(tables)}


def warehouse(address: str, project: str) -> bigquery.Client:
    """Return a BigQuery client for the emulator at ``address``."""
    options = ClientOptions(api_endpoint=address)
    return bigquery.Client(project, AnonymousCredentials(), client_options=options)


def _mart(client: bigquery.Client, name: str, file: Path) -> int:
    result = client.query(f"select * from `marts`.`{name}`").result(page_size=_CHUNK)
    rows, writer = 0, None
    for batch in _batches(result):
        writer = writer or pq.ParquetWriter(file, batch.schema)
        writer.write_table(batch)
        rows += batch.num_rows
    if writer:
        writer.close()
    return rows


def _batches(result) -> Iterator[pa.Table]:
    table = result.to_arrow(create_bqstorage_client=False)
    fields = [pa.field(f.name, EXACT) if pa.types.is_decimal(f.type) else f for f in table.schema]
    yield table.cast(pa.schema(fields))
