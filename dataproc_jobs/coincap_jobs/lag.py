"""How far each query is behind: Kafka's ends against the ledger and against bronze.

Measured by the driver beside its queries and not taken from Spark's own progress, which says
nothing while a batch is stuck. The rows double as the driver's heartbeat.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg
from py4j.protocol import Py4JError

from coincap_jobs import ledger
from coincap_jobs.kafka_source import Offsets, TopicReader

Newest = dict[str, datetime]
"""Per topic the newest polled_at that a query has done."""
Done = Callable[[psycopg.Cursor], tuple[Offsets, Newest]]
"""What a query has done: its next offsets and its newest events."""
log = logging.getLogger("coincap.lag")

_UPSERT = """
insert into market.stream_lag (
    query, topic, measured_at, lag_offsets, lag_s, newest_polled_at, caught_up_at, rows_per_s
) values (%s, %s, %s, %s, %s, %s, %s, %s)
on conflict (query, topic) do update set
    measured_at = excluded.measured_at, lag_offsets = excluded.lag_offsets,
    lag_s = excluded.lag_s, rows_per_s = excluded.rows_per_s,
    newest_polled_at = excluded.newest_polled_at, caught_up_at = excluded.caught_up_at
"""
_KNOWN = "select query, topic, newest_polled_at, caught_up_at from market.stream_lag"
_NEWEST_BATCH = """
update market.stream_progress set lag_offsets = %s, lag_s = %s
where query = %s and epoch = %s and batch_id = (
    select max(batch_id) from market.stream_progress where query = %s and epoch = %s
)
returning batch_ms, merge_ms
"""


@dataclass(frozen=True)
class Lag:
    """One query's lag in one topic: messages, and seconds of event time (None: unknown)."""

    query: str
    topic: str
    at: datetime
    offsets: int
    newest: datetime | None
    caught_up: datetime | None
    rows_per_s: float | None

    @property
    def seconds(self) -> float | None:
        """The age of the newest event done, or the time since all was done if that is less.

        The latter keeps a topic that is polled once an hour from looking an hour late for the
        seconds that its next poll takes.
        """
        known = [moment for moment in (self.newest, self.caught_up) if moment]
        if not self.offsets:
            return 0.0
        return max(0.0, (self.at - max(known)).total_seconds()) if known else None


@dataclass(frozen=True)
class Beat:
    """One measurement: all lags, and (batch ms, merge ms) of each query's newest batch."""

    at: datetime
    lags: list[Lag]
    batches: dict[str, tuple[float, float]]


def serve_done(topic_ids: dict[str, str]) -> Done:
    """Return what says how far ``serve`` is: the ledger and its watermarks."""

    def done(cursor: psycopg.Cursor) -> tuple[Offsets, Newest]:
        rows = cursor.execute("select topic, newest_polled_at from market.stream_watermarks")
        newest = dict(rows.fetchall())
        return ledger.read(cursor, topic_ids), newest

    return done


@dataclass
class Watch:
    """Measures both queries of one driver; ``start`` is where Kafka begins per partition."""

    reader: TopicReader
    start: Offsets
    epoch: int
    queries: dict[str, Done]
    _before: dict[str, tuple[float, Offsets]] = field(default_factory=dict)
    _known: dict[tuple[str, str], tuple] | None = None
    _quiet: bool = False

    def measure(self, connection: psycopg.Connection) -> Beat | None:
        """Write how far both queries are behind; return it, or None where Kafka is silent."""
        partitions = {topic: len(starts) for topic, starts in self.start.items()}
        try:
            latest = self.reader.offsets(partitions, "latest")
        except Py4JError as error:
            if not self._quiet:
                log.warning("lag not measured: Kafka gives no offsets: %s", _first(error))
            self._quiet = True
            return None
        self._quiet = False
        at, lags, batches = datetime.now(UTC), [], {}
        with connection.transaction(), connection.cursor() as cursor:
            if self._known is None:
                rows = cursor.execute(_KNOWN).fetchall()
                self._known = {(query, topic): tuple(times) for query, topic, *times in rows}
            for query, done in self.queries.items():
                mine = self._lags(query, *done(cursor), latest, at)
                cursor.executemany(_UPSERT, [_row(lag) for lag in mine])
                seconds = [lag.seconds for lag in mine]
                worst = None if None in seconds else max(seconds)
                total = sum(lag.offsets for lag in mine)
                cursor.execute(_NEWEST_BATCH, [total, worst, query, self.epoch, query, self.epoch])
                if (row := cursor.fetchone()) and None not in row:
                    batches[query] = (float(row[0]), float(row[1]))
                lags += mine
        return Beat(at, lags, batches)

    def _lags(self, query, done: Offsets, newest: Newest, latest: Offsets, at) -> list[Lag]:
        clock = time.monotonic()
        done = {
            topic: {p: done.get(topic, {}).get(p, first) for p, first in starts.items()}
            for topic, starts in self.start.items()
        }
        before = self._before.get(query)
        self._before[query] = (clock, done)
        lags = []
        for topic, ends in latest.items():
            behind = sum(max(0, end - done[topic][p]) for p, end in ends.items())
            seen, caught_up = self._known.get((query, topic), (None, None))
            seen, caught_up = newest.get(topic, seen), caught_up if behind else at
            self._known[query, topic] = (seen, caught_up)
            rate = None
            if before and clock > before[0]:
                moved = sum(done[topic].values()) - sum(before[1][topic].values())
                rate = max(0, moved) / (clock - before[0])
            lags.append(Lag(query, topic, at, behind, seen, caught_up, rate))
        return lags


def _row(lag: Lag) -> tuple:
    measured = (lag.query, lag.topic, lag.at, lag.offsets, lag.seconds)
    return (*measured, lag.newest, lag.caught_up, lag.rows_per_s)


def _first(error: Exception) -> str:
    return str(getattr(error, "java_exception", None) or error).strip().splitlines()[0][:300]
