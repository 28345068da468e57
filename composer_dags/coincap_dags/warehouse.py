"""The BigQuery client of the tasks, and the load as a task calls it."""

import logging
import os
from datetime import UTC, datetime, timedelta

from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from coincap_dags.load import LANDING, load, read_manifest
from coincap_dags.load_tables import DATASET, LOG, run
from coincap_dags.target import current

log = logging.getLogger(__name__)


def client() -> bigquery.Client:
    """Return a client for BigQuery, or for the emulator that BIGQUERY_EMULATOR_HOST names."""
    emulator = os.environ.get("BIGQUERY_EMULATOR_HOST")
    if not emulator:
        return bigquery.Client(project=current().project)
    return bigquery.Client(
        project=current().project,
        credentials=AnonymousCredentials(),
        client_options=ClientOptions(api_endpoint=emulator),
    )


def load_changed_days(address: str) -> None:
    """Load what the manifest at ``address`` lists and say per table what was done."""
    for done in load(client(), read_manifest(address), current().lake_bucket):
        log.info(
            "raw.%s: %d days replaced, %d removed, %d rows",
            done.table, done.days, done.removed, done.rows,
        )  # fmt: skip


def has_loads() -> bool:
    """Say, and log, whether anything was ever loaded into the warehouse."""
    try:
        loaded = any(True for _ in run(client(), f"select 1 from {LOG} limit 1"))
    except NotFound:
        loaded = False
    if not loaded:
        log.info("%s holds nothing: skipped until market_batch has loaded a first day", LOG)
    return loaded


def drop_leftover_tables() -> int:
    """Drop the landing tables of loads that died over a day ago; return their number."""
    names = [
        table.table_id
        for table in client().list_tables(f"{current().project}.{DATASET}")
        if table.table_id.startswith(LANDING) and _is_old(table)
    ]
    for name in names:
        client().delete_table(f"{current().project}.{DATASET}.{name}", not_found_ok=True)
    log.info("%d leftover tables dropped", len(names))
    return len(names)


def _is_old(table) -> bool:
    return table.created is None or table.created < datetime.now(UTC) - timedelta(days=1)
