"""What is in a kept stack's warehouse and topics, printed."""

import csv
import json
import os
import subprocess
import sys
from itertools import islice

from google.api_core.exceptions import GoogleAPIError
from kafka import KafkaConsumer, TopicPartition
from rich.console import Console
from rich.table import Table

from coincap.topics import topics
from embedded import export
from embedded.bigquery import PROJECT
from embedded.environments import python
from embedded.errors import StackError
from embedded.kept import Kept
from embedded.places import REPOSITORY
from embedded.stream_job import lag

ROWS = 1000
NONE = "–"


def warehouse(address: str, sql: str | None, as_csv: bool, console: Console) -> None:
    """Print a query's rows, or every dataset's tables; raises StackError with BigQuery's line."""
    client = export.warehouse(address, PROJECT)
    if not sql:
        for dataset in client.list_datasets():
            names = sorted(table.table_id for table in client.list_tables(dataset.dataset_id))
            console.print(f"[bold]{dataset.dataset_id}[/] {' '.join(names)}", highlight=False)
        return
    try:
        # As a job: the emulator's short way gives no row, and no error, for a wrong statement.
        result = client.query(sql, retry=None, job_retry=None).result()
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
    consumer = KafkaConsumer(bootstrap_servers=stack.bootstrap)
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
    console.print(_table(names, rows))


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
        raise StackError(f"{name}: {done.stderr.strip().splitlines()[-1]}")
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
