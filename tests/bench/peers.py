"""The stream job against what a user could pick instead: Pathway and Quix Streams.

All read the same backlog of a real broker and keep latest rows and one-minute candles in
PostgreSQL; the packages' programs are in ``peers/``, in an environment of their own. A round
runs each once, the first in rotating order, from its first message to its last write. Then each
is killed with -9 once in the middle and started again. What each leaves is compared with tables
worked out from the messages in Python's decimals. ``quix2`` is Quix Streams in two processes.
"""

import argparse
import statistics
import time
from collections.abc import Iterator

import psycopg
from live import Stack, machine, stack
from peers_backlog import Tables, expected, fill
from peers_tables import compare, read
from peers_ways import Way, kill, wait_settled, wait_share

WAYS = {
    "stream": Way("stream"),
    "pathway": Way("pathway"),
    "quix": Way("quix"),
    "quix2": Way("quix", 2),
}


class Run:
    """One stack with its backlog and what must come of it."""

    def __init__(self, parts: Stack, messages: int, markets: int):
        self.parts, self.dsn = parts, parts.dsn
        self.sent = fill(parts.bootstrap, messages, markets)
        self.wanted: Tables = expected(messages, markets)
        self.samples = sum(candle[5] for candle in self.wanted.candles.values())
        server = self.dsn.replace("dbname=coincap", "dbname=postgres")
        self.admin = psycopg.connect(server, autocommit=True)
        self.admin.execute("create database empty template coincap")

    def time(self, name: str, number: int, batch: int) -> float:
        """Return the messages a second of one run."""
        way, database = WAYS[name], f"{name}_{number}"
        dsn = way.prepare(self.admin, self.dsn, database)
        components = way.start(self.parts, dsn, database, batch)
        ended = wait_settled(dsn, way, components, self.samples)
        rate = self.sent / (ended - way.began(dsn, components))
        self._end(components)
        found = compare(read(dsn, way.tables), self.wanted)
        print(f"round {number + 1}: {name} {rate:,.0f} messages/s; {found.text()}", flush=True)
        self.admin.execute(f"drop database {database} with (force)")
        return rate

    def kill(self, name: str, number: int, batch: int, share: float) -> None:
        """Kill one in the middle, start it again, say what it leaves."""
        way, database = WAYS[name], f"{name}_killed_{number}"
        dsn = way.prepare(self.admin, self.dsn, database)
        components = way.start(self.parts, dsn, database, batch)
        done = wait_share(dsn, way, self.samples, share)
        kill(components)
        self._end(components)
        started = time.time()
        again = way.start(self.parts, dsn, database, batch)
        took = wait_settled(dsn, way, again, self.samples) - started
        self._end(again)
        found = compare(read(dsn, way.tables), self.wanted)
        print(f"killed at {done:.0%}, done {took:.0f} s after the second start: {name}; "
              f"{found.text()}", flush=True)  # fmt: skip
        self.admin.execute(f"drop database {database} with (force)")

    def _end(self, components: list) -> None:
        for component in components:
            self.parts.supervisor.stop(component, patience_s=20)


def rounds(ways: list[str], number: int) -> Iterator[tuple[int, str]]:
    """Yield (round, way), the first in rotating order."""
    for turn in range(number):
        first = turn % len(ways)
        yield from ((turn, name) for name in ways[first:] + ways[:first])


def main() -> None:
    """Run the rounds and the kills, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--markets", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kills", type=int, default=1, help="kills of each (1)")
    parser.add_argument("--share", type=float, default=0.3, help="done when killed (0.3)")
    parser.add_argument("--batch", type=int, default=200_000, help="the job's batch (200000)")
    parser.add_argument("--ways", default=",".join(WAYS), help="which (all)")
    args = parser.parse_args()
    ways = args.ways.split(",")
    rates: dict[str, list[float]] = {name: [] for name in ways}
    with stack() as parts:
        run = Run(parts, args.messages, args.markets)
        print(f"{machine()}; {run.sent} messages of {args.markets} markets, "
              f"{len(run.wanted.candles)} candles, {run.samples} samples", flush=True)  # fmt: skip
        for turn, name in rounds(ways, args.rounds):
            rates[name].append(run.time(name, turn, args.batch))
        for turn, name in rounds(ways, args.kills):
            run.kill(name, turn, args.batch // 10, args.share)
        run.admin.close()
    if not args.rounds:
        return
    middle = {name: statistics.median(found) for name, found in rates.items()}
    for name, found in rates.items():
        print(f"{name:>8}: {middle[name]:9,.0f} messages/s ({min(found):,.0f}–{max(found):,.0f})")
    figures = [f"stream_vs_{n}={middle['stream'] / middle[n]:.2f}" for n in ways if n != "stream"]
    print(" ".join(figures))


if __name__ == "__main__":
    main()
