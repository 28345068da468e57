"""Messages to COPY lines by a plan of Spark's: every check of the contract, as in ``wire``."""

from collections.abc import Iterable
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from coincap.contract import RecordType, record_type
from coincap.topics import topics
from coincap_jobs import wire
from coincap_jobs.copy_text import copy_lines
from coincap_jobs.dead_letters import dead_letters
from coincap_jobs.merge import LATEST
from coincap_jobs.reduce import reduce_rows
from coincap_jobs.replays import replayed

Decoded = list[tuple[RecordType, DataFrame]]
"""Each record type with its decoded rows (wire.decode)."""


def decode(messages: DataFrame, names: Iterable[str]) -> Decoded:
    """Return the messages (kafka_source.messages) of the named topics, decoded by record type."""
    records = [record_type(topics()[name].record) for name in sorted(names)]
    topic = F.col("topic")
    return [(r, wire.decode(messages.where(topic == r.topic), r)) for r in records]


def lines(decoded: Decoded) -> DataFrame:
    """Return (target, line) of decoded rows: accepted ones, refused ones, replays."""
    frames = []
    for record, rows in decoded:
        frames += [accepted(rows, record), _refused(rows), replayed(rows)]
    return reduce(DataFrame.unionAll, frames)


def accepted(decoded: DataFrame, record: RecordType) -> DataFrame:
    """Return (target, line) of the decoded rows that the contract accepts."""
    rows = wire.good(decoded)
    if record.name in LATEST:
        return copy_lines(reduce_rows(rows, record), record.table)
    return copy_lines(rows.select(*[f.column for f in record.fields]), record.table)


def _refused(decoded: DataFrame) -> DataFrame:
    return copy_lines(dead_letters(wire.bad(decoded)), "dead_letters")
