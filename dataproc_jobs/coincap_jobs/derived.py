"""What follows from the tables every few seconds: spreads, alerts, and what goes out to topics.

Beside the two queries and on a connection of its own, so that serving never waits for it.
"""

import logging

import psycopg
from pyspark.sql import SparkSession

from coincap_jobs import outbox
from coincap_jobs.alerts import refresh_alerts
from coincap_jobs.database import as_writer, connect
from coincap_jobs.errors import first_line
from coincap_jobs.spreads import refresh_spreads

log = logging.getLogger("coincap.derived")


class Derived:
    """Refreshes what is derived from the tables of one database; a context manager."""

    def __init__(
        self,
        spark: SparkSession,
        dsn: str,
        bootstrap: str,
        options: dict[str, str],
        credits_per_month: int,
    ):
        self._spark, self._dsn = spark, dsn
        self._bootstrap, self._options = bootstrap, options
        self._credits_per_month = credits_per_month
        self._connection: psycopg.Connection | None = None

    def __enter__(self) -> "Derived":
        return self

    def __exit__(self, *_) -> None:
        if self._connection is not None:
            self._connection.close()

    def refresh(self) -> None:
        """Refresh once. A database out of reach is only told: the next refresh makes it good."""
        try:
            if self._connection is None or self._connection.closed:
                self._connection = as_writer(connect(self._dsn, "coincap-derived"))
            refresh_spreads(self._connection)
            refresh_alerts(self._connection, self._credits_per_month)
            for waiting in outbox.OUTBOXES:
                outbox.publish(
                    self._spark, self._connection, waiting, self._bootstrap, self._options
                )
        except psycopg.OperationalError as error:
            log.warning("spreads and alerts have to wait: %s", first_line(error))
            if self._connection is not None:
                self._connection.close()
