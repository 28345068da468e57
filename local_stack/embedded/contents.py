"""What is in a kept stack's warehouse and topics, printed."""

import csv
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from itertools import islice

import psycopg
from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import TransportError
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError
from requests import RequestException
from rich.console import Console
from rich.table import Table

from coincap.topics import topics
from embedded import export
from embedded.bigquery import PROJECT
from embedded.environments import python
from embedded.errors import StackError
from embedded.health import OK, health
from embedded.kept import Kept
from embedded.lag import PATIENCE, lag
from embedded.places import REPOSITORY

ROWS = 1000
NONE = "–"


@contextmanager
def _answering(component: str, errors: type[Exception] | tuple[type[Exception], ...]):
    """Turn the errors of a client whose server is away into one line."""
    try:
        yield
    except errors as error:
        why = (str(error).strip() or type(error).__name__).splitlines()[0][:160]
        raise StackError(
            f"component {component} does not answer: {why}; see ./local_stack/demo status"
        ) from None


def warehouse(stack: Kept, sql: str | None, as_csv: bool, console: Console) -> None:
    """Print a query's rows, or every dataset's tables; raises StackError with BigQuery's line."""
    # First a question that ends soon: an answer to an analyst's own may take its time.
    word, why = health("bigquery", stack.warehouse, stack)
    if word != OK:
        raise StackError(
            f"component bigquery does not answer: {why}; see ./local_stack/demo status"
        )
    with _answering("bigquery", (RequestException, TransportError)):
        _warehouse(export.warehouse(stack.warehouse, PROJECT), sql, as_csv, console)


def _warehouse(client, sql: str | None, as_csv: bool, console: Console) -> None:
    try:
        if not sql:
            for dataset in client.list_datasets(retry=None):
                tables = client.list_tables(dataset.dataset_id, retry=None)
                names = " ".join(sorted(table.table_id for table in tables))
                console.print(f"[bold]{dataset.dataset_id}[/] {names}", highlight=False)
            return
        # As a job: the emulator's short way gives no row, and no error, for a wrong statement.
        result = client.query(sql, retry=None, job_retry=None).result(retry=None)
    except GoogleAPIError as error:
        raise StackError(str(error).strip().splitlines()[0].split("; reason:")[0]) from None
    names = [field.name for field in result.schema]
    rows = [tuple(row.values()) for row in islice(result, ROWS + 1)]
    if as_csv:
        csv.writer(sys.stdout).writerows([names, *rows[:ROWS]])
    else:
        console.print(_table(names, rows[:ROWS]))
    if len(rows) > ROWS:
        console.print(f"the first {ROWS:,} rows; add LIMIT, or ask for fewer", highlight=False)


def topics_table(stack: Kept, console: Console) -> None:
    """Print every topic: partitions, messages held, messages that each query has still to do."""
    names = ("topic", "partitions", "held", "ever", "to serve", "to archive")
    with _answering("kafka", KafkaError), _answering("postgres", psycopg.Error):
        rows = _topics(stack)
    console.print(_table(names, rows))


def _topics(stack: Kept) -> list[tuple]:
    consumer = KafkaConsumer(bootstrap_servers=stack.bootstrap, **PATIENCE)
    rows = []
    try:
        for topic in topics().values():
            places = [TopicPartition(topic.name, n) for n in range(topic.partitions)]
            starts, ends = consumer.beginning_offsets(places), consumer.end_offsets(places)
            end = {topic.name: {place.partition: ends[place] for place in places}}
            read = topic.route == "to_kafka"
            left = (
                [lag(stack.dsn, end, query) for query in ("serve", "archive")]
                if read
                else [NONE] * 2
            )
            total = sum(ends.values())
            rows.append((topic.name, topic.partitions, total - sum(starts.values()), total, *left))
    finally:
        consumer.close()
    return rows


def messages(bootstrap: str, name: str, last: int, console: Console) -> None:
    """Print the newest messages of a topic: partition, offset, key, headers, value."""
    known = sorted(topic.name for topic in topics().values())
    if name not in known:
        raise StackError(f"no topic {name!r}; there are: {', '.join(known)}")
    done = subprocess.run(
        [python("functions"), "-m", "embedded.newest_messages", bootstrap, name, str(last)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "local_stack")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StackError(f"topic {name}: {done.stderr.strip().splitlines()[-1]}")
    for each in map(json.loads, done.stdout.splitlines()):
        console.print(
            f"[dim]{each['partition']}:{each['offset']}[/] {each['key']}", highlight=False
        )
        headers = " ".join(f"{name}={value}" for name, value in each["headers"].items())
        console.print(f"  [dim]{headers}[/]", highlight=False, soft_wrap=True)
        console.print(f"  {each['value']}", markup=False, highlight=False, soft_wrap=True)


def _table(names, rows) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for number, name in enumerate(names):
        numeric = all(isinstance(row[number], int | float) or row[number] == NONE for row in rows)
        table.add_column(name, justify="right" if rows and numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(f"{v:,}" if isinstance(v, int) else str(v) for v in row))
    return table
