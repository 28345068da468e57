"""The driver's watch over its own queries: lag and heartbeat into PostgreSQL, and figures into
Cloud Monitoring where ``--monitoring-project`` is given. It never stops the stream.
"""

import argparse
import logging
from datetime import timedelta

import psycopg
from pyspark.sql import SparkSession

from coincap_jobs.archive import Archive
from coincap_jobs.database import as_writer, connect
from coincap_jobs.errors import first_line
from coincap_jobs.kafka_source import Offsets, TopicReader
from coincap_jobs.lag import Watch, serve_done
from coincap_jobs.monitoring import Monitoring

log = logging.getLogger("coincap.watch")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the watch's arguments."""
    parser.add_argument(
        "--monitoring-project", help="project whose Cloud Monitoring gets the stream's figures"
    )


class Watcher:
    """Measures with a broker client and a database connection of its own, while it is entered.

    ``start`` is where Kafka begins per partition.
    """

    def __init__(
        self,
        spark: SparkSession,
        args: argparse.Namespace,
        options: dict[str, str],
        start: Offsets,
        archive: Archive,
    ):
        self._dsn, self._window = args.postgres, timedelta(hours=args.window_h)
        self._reader = TopicReader(spark, args.bootstrap, options)
        queries = {"serve": serve_done(archive.topic_ids), "archive": archive.done}
        self._watch = Watch(self._reader, start, archive.epoch, queries)
        project = args.monitoring_project
        self._monitoring = Monitoring(project) if project else None
        self._connection: psycopg.Connection | None = None

    def __enter__(self) -> "Watcher":
        return self

    def __exit__(self, *_) -> None:
        self._reader.close()
        if self._connection:
            self._connection.close()

    def beat(self) -> None:
        """Measure once; a database that is away is a warning, because the queries notice too."""
        try:
            beat = self._watch.measure(self._connected())
        except psycopg.OperationalError as error:
            log.warning("lag not measured: %s", first_line(error))
            self._connection.close() if self._connection else None
            self._connection = None
            return
        if beat and self._monitoring:
            self._monitoring.send(beat)

    def _connected(self) -> psycopg.Connection:
        if self._connection is None:
            connection = as_writer(connect(self._dsn, "coincap-watch"))
            with connection.transaction():
                connection.execute(
                    "update market.stream_owner set tick_window = %s", [self._window]
                )
            self._connection = connection
        return self._connection
