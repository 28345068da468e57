"""From send to committed row: an open loop of markets against the running stream job.

Message n is due at start + n / rate; its row counts as committed when PostgreSQL tells other
sessions about the batch that holds it. Everything runs on this machine: broker, database,
job and producer.
"""

import argparse
import statistics
import time

import psycopg
from live import Commits, Load, machine, market_row, stack, wait_served


def latencies(load: Load, commits: Commits, since: float, until: float) -> list[float]:
    """Return the latency in ms of every message that was due within the measured time."""
    found = []
    for partition, marks in load.due.items():
        ends = [
            (when, batch["ends"][topic][str(partition)])
            for when, batch in commits.seen
            if batch["query"] == "serve"
            for topic in ("coincap.markets",)
            if str(partition) in batch["ends"].get(topic, {})
        ]
        position = 0
        for offset, due in sorted(marks):
            while ends[position][1] <= offset:
                position += 1
            if since <= due < until:
                found.append((ends[position][0] - due) * 1000)
    return found


def check(dsn: str, load: Load) -> None:
    """End the program unless every market's row is that of its last message."""
    newest = {}
    for number in range(max(0, load.sent - load.markets), load.sent):
        key, row = market_row(number, 0, load.markets)
        newest[key] = row["priceUsd"]
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "select exchange_id || '|' || base_id || '|' || quote_id, price_usd::text "
            "from market.markets"
        ).fetchall()
    held = {key: price.rstrip("0").rstrip(".") for key, price in rows}
    wrong = [k for k, v in newest.items() if held.get(k) != v.rstrip("0").rstrip(".")]
    if wrong or load.failed:
        raise SystemExit(f"error: {len(wrong)} markets are wrong, {load.failed} sends failed")


def main() -> None:
    """Run the load and print the figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=float, default=1000, help="messages a second (1000)")
    parser.add_argument("--seconds", type=float, default=60, help="measured time (60)")
    parser.add_argument("--warm-s", type=float, default=60, help="time before it (60)")
    parser.add_argument("--serve-ms", type=int, default=0, help="trigger of serve (0)")
    args = parser.parse_args()
    with stack() as parts:
        commits, load = Commits(parts.dsn), Load(parts.bootstrap, args.rate)
        stream = parts.start_stream("--serve-ms", str(args.serve_ms))
        load.start()
        since = time.time() + args.warm_s
        time.sleep(args.warm_s + args.seconds)
        load.stop()
        wait_served(stream, load, commits)
        found = sorted(latencies(load, commits, since, since + args.seconds))
        check(parts.dsn, load)
        batches = [b for when, b in commits.seen if b["query"] == "serve" and when > since]
        commits.close()
        print(stream.log.read_text()[-3000:] if args.seconds < 0 else "", end="")
        parts.stop_stream()
    middle = {
        name: statistics.median(float(b[name]) for b in batches)
        for name in ("messages", "read_ms", "merge_ms")
    }
    print(f"{machine()}; {len(found)} messages in {len(batches)} batches; medians of a batch: "
          f"{middle['messages']:.0f} messages, read and reduce {middle['read_ms']:.0f} ms, "
          f"merge {middle['merge_ms']:.0f} ms")  # fmt: skip
    p50, p99 = (found[int(len(found) * share)] for share in (0.5, 0.99))
    print(f"p50_ms={p50:.0f} p99_ms={p99:.0f}")


if __name__ == "__main__":
    main()
