"""How the stream job's drain grows: with cores, with partitions; what pairs cost.

``cores``: the job on one core and on two (Spark's slots, and the cores that its processes may
use; broker and database use both), the backlog of ``drain``. ``partitions``: the same backlog in
a topic of 1, 3 and 6 partitions, made anew for each run. Both say what a message takes in
Kafka's log and how fast one producer fills it. ``cost``: the month's price against the number of
pairs, from the formulas of ``capacity``.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from capacity_plan import Load, plan
from drain import content, fill, stream
from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from live import TOPIC, Stack, machine, stack

from embedded.stream_job import start_stream

PAIRS = (100, 500, 2_000, 5_000, 15_000, 50_000, 150_000)


def narrow(parts: Stack, cores: int) -> None:
    """Let the job have so many slots, and its processes so many cores."""
    supervisor = parts.supervisor

    def start(*extra: str, archive_s: int = 60):
        # A process inherits the cores of the thread that forks it: the supervisor's one.
        supervisor._spawner.submit(os.sched_setaffinity, 0, range(cores)).result()
        where = (supervisor, parts.dsn, parts.bootstrap, archive_s, extra)
        parts.stream = start_stream(*where, master=f"local[{cores}]")
        supervisor._spawner.submit(os.sched_setaffinity, 0, range(os.cpu_count())).result()
        return parts.stream

    parts.start_stream = start


def partition(bootstrap: str, number: int) -> None:
    """Make the topic anew with so many partitions."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.delete_topics([TOPIC])
    while TOPIC in admin.list_topics():
        time.sleep(0.1)
    admin.create_topics([NewTopic(name=TOPIC, num_partitions=number, replication_factor=1)])
    admin.close()


def filled(parts: Stack, messages: int, markets: int) -> str:
    """Fill the topic; return the producer's rate and the bytes per message in Kafka's log."""
    started = time.perf_counter()
    fill(parts.bootstrap, messages, markets)
    rate = messages / (time.perf_counter() - started)
    logs = Path(parts.supervisor.folder.root / "kafka/data").glob(f"{TOPIC}-[0-9]*/*.log")
    # A deleted topic's folders are renamed, so they do not match.
    size = sum(file.stat().st_size for file in logs if "delete" not in file.parent.name)
    return f"filled at {rate:,.0f} messages/s, {size / messages:.0f} bytes a message"


class Drains:
    """Runs of the job on databases of their own, all of which must end alike."""

    def __init__(self, parts: Stack, messages: int):
        self.parts, self.messages, self.dsn = parts, messages, parts.dsn
        self.admin = psycopg.connect(
            self.dsn.replace("dbname=coincap", "dbname=postgres"), autocommit=True
        )
        self.admin.execute("create database empty template coincap")
        self.reference = None
        self.runs = 0

    def rate(self) -> float:
        """Return the messages a second of one drain."""
        self.runs += 1
        name = f"scale_{self.runs}"
        self.admin.execute(f"create database {name} template empty")
        dsn = self.dsn.replace("dbname=coincap", f"dbname={name}")
        seconds, _ = stream(self.parts, dsn, self.messages)
        found = content(dsn)
        self.reference = self.reference or found
        if found != self.reference:
            raise SystemExit(f"error: run {self.runs} left other tables: {found}")
        self.admin.execute(f"drop database {name} with (force)")
        return self.messages / seconds


def measure(args, name: str, values: tuple[int, ...], prepare: Callable, refill: bool) -> None:
    """Run the rounds over the values and print each value's figure."""
    rates: dict[int, list[float]] = {value: [] for value in values}
    with stack() as parts:
        drains = Drains(parts, args.messages)
        told = "" if refill else filled(parts, args.messages, args.markets)
        for turn in range(args.rounds):
            first = turn % len(values)
            for value in values[first:] + values[:first]:
                prepare(parts, value)
                told = filled(parts, args.messages, args.markets) if refill else told
                rates[value].append(drains.rate())
                print(f"round {turn + 1}: {name}={value} {rates[value][-1]:,.0f} messages/s; "
                      f"{told}", flush=True)  # fmt: skip
        drains.admin.close()
    for value, found in rates.items():
        middle = statistics.median(found)
        print(f"{name}={value}: {middle:,.0f} messages/s ({min(found):,.0f}–{max(found):,.0f})")
    middles = [statistics.median(rates[value]) for value in values]
    print(" ".join(f"{name}_{v}_vs_{values[0]}={m / middles[0]:.2f}"
                   for v, m in zip(values[1:], middles[1:], strict=True)))  # fmt: skip


def cost() -> None:
    """Print the price of a month against the number of pairs, polled every minute."""
    print("| pairs | USD a month | USD a month for 1,000 pairs | credits a month |")
    print("|---:|---:|---:|---:|")
    for pairs in PAIRS:
        found = plan(Load(pairs, 60))
        print(f"| {pairs:,} | {found.usd:,.0f} | {found.usd / pairs * 1000:,.0f} | "
              f"{found.credits:,} |")  # fmt: skip


def main() -> None:
    """Run the part that is asked for, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=("cores", "partitions", "cost"))
    parser.add_argument("--messages", type=int, default=300_000)
    parser.add_argument("--markets", type=int, default=15_000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    print(f"{machine()}; {args.messages} messages of {args.markets} markets, {args.rounds} rounds")
    if args.only in (None, "cost"):
        cost()
    if args.only in (None, "cores"):
        measure(args, "cores", (1, 2), narrow, refill=False)
    if args.only in (None, "partitions"):
        measure(args, "partitions", (1, 3, 6), lambda parts, n: partition(parts.bootstrap, n), True)


if __name__ == "__main__":
    main()
