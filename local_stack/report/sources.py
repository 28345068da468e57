"""Runs a panel's SQL where its data is, and says in one line what went wrong if it could not."""

from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import GoogleAPIError, NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from panels import Panel

BIGQUERY_TIMEOUT_S = 60


@dataclass(frozen=True)
class Result:
    """Rows of a panel as dictionaries; ``problem`` is one line where it could not be read."""

    rows: list[dict]
    problem: str = ""


Source = Callable[[Panel, dict[str, str]], Result]


def postgresql(db: psycopg.Connection) -> Source:
    """Return a source that reads panels from PostgreSQL."""

    def read(panel: Panel, parameters: dict[str, str]) -> Result:
        statement = panel.sql.replace("%", "%%") if panel.parameters else panel.sql
        for name in panel.parameters:
            statement = statement.replace(f":'{name}'", f"%({name})s")
        try:
            with db.transaction(), db.cursor(row_factory=psycopg.rows.dict_row) as cursor:
                cursor.execute(statement, parameters if panel.parameters else None)
                return Result(cursor.fetchall())
        except psycopg.Error as error:
            return Result([], f"{panel.board}/{panel.name}: {_line(error)}")

    return read


def warehouse(endpoint: str, project: str) -> Source:
    """Return a source that reads panels from BigQuery at ``endpoint`` (the emulator).

    A mart that does not exist yet is an empty panel, not a problem.
    """
    client = bigquery.Client(
        project=project,
        credentials=AnonymousCredentials(),
        client_options=ClientOptions(api_endpoint=endpoint),
    )

    def read(panel: Panel, parameters: dict[str, str]) -> Result:
        config = bigquery.QueryJobConfig(
            query_parameters=[
                bigquery.ScalarQueryParameter(name, "STRING", parameters[name])
                for name in panel.parameters
            ]
        )
        statement = panel.statement(lambda name: f"@{name}")
        try:
            # As a job: the emulator's short way gives no row, and no error, where one failed.
            job = client.query(
                statement,
                job_config=config,
                timeout=BIGQUERY_TIMEOUT_S,
                retry=None,
                job_retry=None,
            )
            rows = job.result(timeout=BIGQUERY_TIMEOUT_S, retry=None, job_retry=None)
            return Result([dict(row) for row in rows])
        except NotFound:
            return Result([])
        except (GoogleAPIError, OSError) as error:
            return Result([], f"{panel.board}/{panel.name}: {_line(error)}")

    return read


def nothing(_panel: Panel, _parameters: dict[str, str]) -> Result:
    """Stand for a source that was not given."""
    return Result([])


def _line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:300]
