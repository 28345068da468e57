"""Brings the lake's changed days into BigQuery: load job, check, replace, all or nothing.

The manifest of the batch says which files make a day. A day whose files' fingerprint stands in
``raw.load_log`` is there already; any other is loaded into a table of its own, checked against
the lake's count and sums, and put in place of the old one in a transaction that also writes the
log. So a load that died leaves the old day, and the next one finds what is missing.
"""

import json
import uuid
from dataclasses import dataclass
from decimal import Decimal

from google.api_core.exceptions import GoogleAPICallError
from google.cloud import bigquery
from google.cloud.bigquery.enums import DecimalTargetType

from coincap_dags.load_tables import (
    DATASET,
    HISTORY_DDL,
    LOG,
    LOG_DDL,
    columns_ddl,
    ensure,
    ensure_dataset,
    run,
    swap,
)

LANDING = "loading_"
"""Start of the names of the tables that a day is loaded into before it is put in place."""
DAYS_AT_ONCE = 100
"""Days per transaction: far below BigQuery's limit of partitions that one job may change."""


class LoadError(RuntimeError):
    """A day in the warehouse would differ from the lake; the message names both figures."""


@dataclass(frozen=True)
class Loaded:
    """What one table's load did: days replaced, days removed, rows loaded."""

    table: str
    days: int
    removed: int
    rows: int


def load(client: bigquery.Client, manifest: dict, bucket: str) -> list[Loaded]:
    """Bring every table of the manifest up to date; return what was done per table.

    ``bucket`` is the lake as gs:// address. Raises LoadError where rows or sums differ.
    """
    ensure_dataset(client)
    run(client, f"{LOG_DDL}; {HISTORY_DDL}")
    known: dict[str, dict[str, str]] = {}
    for row in run(client, f"select table_name, day, fingerprint from {LOG}"):
        known.setdefault(row.table_name, {})[str(row.day)] = row.fingerprint
    return [
        _load_table(client, name, table, known.get(name, {}), bucket)
        for name, table in manifest["tables"].items()
    ]


def read_manifest(address: str) -> dict:
    """Return the manifest from a path or a gs:// address."""
    if not address.startswith("gs://"):
        with open(address, encoding="utf-8") as file:
            return json.load(file)
    from google.cloud import storage

    bucket, _, name = address.removeprefix("gs://").partition("/")
    return json.loads(storage.Client().bucket(bucket).blob(name).download_as_bytes())


def _load_table(client, name: str, table: dict, known: dict[str, str], bucket: str) -> Loaded:
    ensure(client, name, table)
    days = table["partitions"]
    changed = [day for day, part in days.items() if known.get(day) != part["fingerprint"]]
    removed = [day for day in known if day not in days]
    work = sorted({*changed, *removed})
    for start in range(0, len(work), DAYS_AT_ONCE):
        part = work[start : start + DAYS_AT_ONCE]
        try:
            _replace_days(client, name, table, part, bucket)
        except GoogleAPICallError as error:
            raise LoadError(f"raw.{name} of {part[0]} to {part[-1]}: {error.message}") from error
    rows = sum(days[day]["rows"] for day in changed)
    return Loaded(name, len(changed), len(removed), rows)


def _replace_days(client, name: str, table: dict, days: list[str], bucket: str) -> None:
    landing = f"{DATASET}.{LANDING}{name}_{uuid.uuid4().hex[:12]}"
    present = {day: table["partitions"][day] for day in days if day in table["partitions"]}
    expiry = "options(expiration_timestamp=timestamp_add(current_timestamp(), interval 1 day))"
    # The folder is date=…: the emulator makes that a last column, BigQuery leaves it null.
    run(client, f"create table {landing} ({columns_ddl(table)}, `date` DATE) {expiry}")
    try:
        uris = [f"{bucket}/{path}" for part in present.values() for path in part["files"]]
        if uris:
            config = bigquery.LoadJobConfig(
                source_format=bigquery.SourceFormat.PARQUET,
                write_disposition=bigquery.WriteDisposition.WRITE_APPEND,
                # Unset, BigQuery reads decimals as NUMERIC, which has nine digits of fraction.
                # Not a schema: it would have to repeat `date`, which the files lack.
                decimal_target_types=[DecimalTargetType.BIGNUMERIC],
            )
            address = f"{client.project}.{landing}"
            try:
                client.load_table_from_uri(uris, address, job_config=config).result()
            except GoogleAPICallError as error:
                first, last = min(present), max(present)
                raise LoadError(
                    f"raw.{name} of {first} to {last}: BigQuery cannot read the lake's files: "
                    f"{error.message}"
                ) from error
        _check(client, landing, name, table, present)
        run(client, swap(name, table, landing, days, present))
    finally:
        run(client, f"drop table if exists {landing}")


def _check(client, landing: str, name: str, table: dict, present: dict) -> None:
    """Compare rows and sums per day with the lake's; raise LoadError at the first difference."""
    sums = "".join(f", sum(`{column}`) as `{column}`" for column in table["sums"])
    day_of = f"date({table['partition_by']})"
    query = f"select {day_of} as _day, count(*) as _rows{sums} from {landing} group by 1"
    found = {str(row["_day"]): row for row in run(client, query)}
    for day, part in present.items():
        row = found.get(day)
        got = row["_rows"] if row else 0
        if got != part["rows"]:
            raise LoadError(f"raw.{name} of {day}: {got} rows loaded, the lake has {part['rows']}")
        for column, text in part["sums"].items():
            value = row[column] if row else None
            if (None if text is None else Decimal(text)) != (
                None if value is None else Decimal(value)
            ):
                raise LoadError(
                    f"raw.{name} of {day}: sum of {column} {value}, the lake has {text}"
                )
