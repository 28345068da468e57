"""Messages to COPY lines by a plan of Spark's: every check of the contract, as in ``wire``."""

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


def lines(messages: DataFrame, names: list[str]) -> DataFrame:
    """Return (target, line) of the messages (kafka_source.messages) of the named topics."""
    frames = []
    for name in names:
        record = record_type(topics()[name].record)
        decoded = wire.decode(messages.where(F.col("topic") == name), record)
        frames += [_accepted(decoded, record), _refused(decoded), replayed(decoded)]
    first, *others = frames
    for frame in others:
        first = first.unionAll(frame)
    return first


def _accepted(decoded: DataFrame, record: RecordType) -> DataFrame:
    rows = wire.good(decoded)
    if record.name in LATEST:
        return copy_lines(reduce_rows(rows, record), record.table)
    return copy_lines(rows.select(*[f.column for f in record.fields]), record.table)


def _refused(decoded: DataFrame) -> DataFrame:
    return copy_lines(dead_letters(wire.bad(decoded)), "dead_letters")
