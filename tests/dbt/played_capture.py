"""CoinCap's captured answers, played through the functions, the batch, the load and dbt."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from pathlib import Path

from pipeline_stack import Stack, start
from warehouse_chain import run

from coincap.numbers import to_decimal18
from ingest.lake import LocalLake
from ingest.play import play
from ingest.settings import Settings

ARRIVED = datetime(2024, 10, 17, 13, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Bronze:
    """A publisher whose messages become bronze rows: one partition per topic."""

    def __init__(self):
        self.rows: list[tuple] = []

    def publish(self, topic, key, value, headers):
        row = (topic, f"{topic}-id", 0, len(self.rows), ARRIVED, key, value, headers)
        self.rows.append((*row, ARRIVED.date()))

    def flush(self):
        pass


def played(spark, captures: Path, folder: Path) -> Stack:
    """Return a stack with the capture in its marts; the caller ends it."""
    stack = start(folder)
    bronze, lake = Bronze(), LocalLake(str(stack.lake))
    settings = Settings(lake=str(stack.lake), polled_at="envelope", kafka_bootstrap="unused")
    assert list(play(captures, settings, bronze, lake))
    stack.feed(bronze.rows)
    run(stack, spark, ARRIVED - HOUR, ARRIVED + HOUR)
    return stack


def total(rows: list[dict], name: str) -> Decimal | None:
    """Return the sum of a field of the answers, exact; None where no row has it."""
    values = [to_decimal18(row[name]) for row in rows if row[name] is not None]
    with localcontext(prec=76):  # the default context would round the sum to 28 digits
        return sum(values) if values else None
