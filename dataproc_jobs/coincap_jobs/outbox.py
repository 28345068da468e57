"""From the database to a topic: rows that their transaction left to be published.

At least once: a crash between the topic and the mark publishes again, under the same key and
with the same text.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import psycopg
from pyspark.sql import SparkSession

from coincap.contract import RecordType, record_type

_AT_ONCE = 1000


@dataclass(frozen=True)
class Outbox:
    """Where rows wait: a table, what tells its rows apart, and the topic that they go to."""

    table: str
    record: RecordType
    topic: str
    identity: str
    order: str
    condition: str = "true"


DEAD_LETTERS = Outbox(
    table="market.dead_letters",
    record=record_type("dead_letter"),
    topic="coincap.dead-letter.stream",
    identity="dead_letter_id",
    order="recorded_at, dead_letter_id",
    condition="source = 'stream'",
)
ALERTS = Outbox(
    table="market.alert_changes",
    record=record_type("alert"),
    topic="coincap.alerts",
    identity="change_id",
    order="change_id",
)
OUTBOXES = (DEAD_LETTERS, ALERTS)


def publish(
    spark: SparkSession,
    connection: psycopg.Connection,
    outbox: Outbox,
    bootstrap: str,
    options: dict[str, str],
) -> int:
    """Publish what waits in the outbox, in order; return the number of messages."""
    fields = {field.column: field.name for field in outbox.record.fields}
    key = outbox.record.key_columns[0]
    cursor = connection.execute(
        f"select {outbox.identity}, {', '.join(fields)} from {outbox.table} "
        f"where published_at is null and {outbox.condition} "
        f"order by {outbox.order} limit {_AT_ONCE}"
    )
    rows = cursor.fetchall()
    if not rows:
        connection.rollback()
        return 0
    messages = []
    for _, *values in rows:
        row = dict(zip(fields, values, strict=True))
        text = json.dumps({fields[name]: _on_the_wire(value) for name, value in row.items()})
        messages.append((row[key], text))
    (
        spark.createDataFrame(messages, "key string, value string")
        .coalesce(1)
        .write.format("kafka")
        .option("kafka.bootstrap.servers", bootstrap)
        .option("kafka.acks", "all")
        .options(**options)
        .option("topic", outbox.topic)
        .save()
    )
    connection.execute(
        f"update {outbox.table} set published_at = now() where {outbox.identity} = any(%s)",
        [[identity for identity, *_ in rows]],
    )
    connection.commit()
    return len(rows)


def _on_the_wire(value):
    if isinstance(value, datetime):
        return round(value.timestamp() * 1000)
    return f"{value:f}" if isinstance(value, Decimal) else value
