"""The tables that a load keeps in BigQuery, and the statements that bring days into them."""

from google.cloud import bigquery
from google.cloud.exceptions import NotFound

DATASET = "raw"
LOG = f"{DATASET}.load_log"
HISTORY = f"{DATASET}.load_history"
LOG_DDL = f"""create table if not exists {LOG} (
  table_name STRING not null options(description='Table of dataset raw'),
  day DATE not null options(description='UTC day of the table''s time column'),
  fingerprint STRING not null options(description='Hash of the files that make the day'),
  row_count INTEGER options(description='Rows of the day, in the lake and here'),
  loaded_at TIMESTAMP not null options(description='When it was put in place')
) options(description='What is loaded. Grain: one row per table and day.')"""
HISTORY_DDL = f"""create table if not exists {HISTORY} (
  table_name STRING not null options(description='Table of dataset raw'),
  day DATE not null options(description='UTC day of the table''s time column'),
  row_count INTEGER options(description='Rows of the day at this load'),
  loaded_at TIMESTAMP not null options(description='When it was put in place')
) options(description='When data could be read. Grain: one row per table, day and load.')"""


def run(client: bigquery.Client, sql: str):
    """Run a statement, or several, to the end; return its rows."""
    # Not query_and_wait: the emulator answers it with no rows where the statement failed.
    return client.query(sql).result()


def ensure_dataset(client: bigquery.Client) -> None:
    """Create the dataset where it is missing: on a laptop, as Terraform makes it elsewhere.

    Asking to create one that exists needs a right of the whole project, which the
    orchestrator lacks: BigQuery answers 403 before it looks.
    """
    try:
        client.get_dataset(DATASET)
    except NotFound:
        client.create_dataset(DATASET, exists_ok=True)


def columns_ddl(table: dict) -> str:
    """Return the columns of a table of the manifest as CREATE TABLE lists them."""
    return ", ".join(f"`{column}` {kind}" for column, kind in table["columns"])


def ensure(client: bigquery.Client, name: str, table: dict) -> None:
    """Create the table where it is missing; add the columns that it lacks."""
    cluster = f" cluster by {', '.join(table['cluster_by'])}" if table["cluster_by"] else ""
    if table.get("require_partition_filter"):
        cluster += " options(require_partition_filter=true)"
    run(
        client,
        f"create table if not exists {DATASET}.{name} ({columns_ddl(table)}) "
        f"partition by date({table['partition_by']}){cluster}",
    )
    try:
        there = {
            field.name for field in client.get_table(f"{client.project}.{DATASET}.{name}").schema
        }
    except NotFound:  # the emulator's tables API does not show every table made by DDL
        return
    for column, kind in table["columns"]:
        if column not in there:
            run(client, f"alter table {DATASET}.{name} add column `{column}` {kind}")


def swap(name: str, table: dict, landing: str, days: list[str], present: dict) -> str:
    """Return the transaction that puts the days of ``landing`` in place and writes the log.

    ``days`` are replaced; those of them in ``present``, with their entries of the manifest, have
    rows in ``landing``, the others go.
    """
    columns = ", ".join(f"`{column}`" for column, _ in table["columns"])
    listed = ", ".join(f"date '{day}'" for day in days)
    day_of = f"date({table['partition_by']})"
    log = [
        f"('{name}', date '{day}', '{part['fingerprint']}', {part['rows']}, current_timestamp())"
        for day, part in present.items()
    ]
    history = f"select table_name, day, row_count, loaded_at from {LOG}"
    statements = [
        "begin transaction",
        f"delete from {DATASET}.{name} where {day_of} in ({listed})",
        f"insert into {DATASET}.{name} ({columns}) select {columns} from {landing}",
        f"delete from {LOG} where table_name = '{name}' and day in ({listed})",
    ]
    if log:
        statements += [
            f"insert into {LOG} (table_name, day, fingerprint, row_count, loaded_at) "
            f"values {', '.join(log)}",
            f"insert into {HISTORY} (table_name, day, row_count, loaded_at) "
            f"{history} where table_name = '{name}' and day in ({listed})",
        ]
    return "; ".join([*statements, "commit transaction"]) + ";"
