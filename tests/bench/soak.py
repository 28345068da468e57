"""Memory of the stream job over time: an open loop of markets, all processes of the job added up.

What the job's Java, its driver and its Python workers hold (a page that they share counts once),
sampled every 5 seconds; the figure compares the last minute's median with that of the minute
after ``--settle-minutes``.
"""

import argparse
import statistics
import time

from live import Commits, Load, machine, stack, wait_served

from embedded.processes import memory_bytes


def around(samples: list[tuple[float, float]], end_s: float) -> float:
    """Return the median of the samples of the minute before ``end_s``."""
    return statistics.median(mib for at, mib in samples if end_s - 60 <= at <= end_s)


def main() -> None:
    """Run the load and print the growth."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--settle-minutes", type=float, default=5)
    parser.add_argument("--rate", type=float, default=1000, help="messages a second (1000)")
    args = parser.parse_args()
    samples = []
    with stack() as parts:
        commits, load = Commits(parts.dsn), Load(parts.bootstrap, args.rate)
        stream = parts.start_stream()
        load.start()
        started = time.monotonic()
        while (passed := time.monotonic() - started) < args.minutes * 60:
            samples.append((passed, memory_bytes(stream.process.pid) / 2**20))
            if len(samples) % 60 == 0:
                print(f"{passed / 60:5.1f} min {samples[-1][1]:7.0f} MiB", flush=True)
            if stream.process.poll() is not None:
                raise SystemExit(f"error: the job ended: {stream.tail()}")
            time.sleep(5)
        load.stop()
        wait_served(stream, load, commits, 300)
        commits.close()
        parts.stop_stream()
    first, last = around(samples, (args.settle_minutes + 1) * 60), around(samples, samples[-1][0])
    print(f"{machine()}; {load.sent} messages, each of them in the tables")
    print(f"after {args.settle_minutes:.0f} min {first:.0f} MiB, at the end {last:.0f} MiB")
    print(f"rss_growth_percent={100 * (last / first - 1):.1f}")


if __name__ == "__main__":
    main()
