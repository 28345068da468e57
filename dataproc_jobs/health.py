"""Says how far the stream is behind; exit code 0 healthy, 1 behind or stopped, 2 out of reach.

    health.py --postgres DSN [--max-behind-s 120] [--max-silent-s 60]

Behind is the time of events that a query has not done; 0 when it has done all, however rarely
CoinCap is polled; of a stream that is not running it is the most that it can be. Silent is the
time since the driver's last heartbeat.
"""

import argparse
import sys
from math import isinf

import psycopg

from coincap_jobs.database import connect
from coincap_jobs.errors import first_line, out_of_reach
from coincap_jobs.ledger import LOCK

_OWNER = """
select
    exists (
        select from pg_locks as l
        join pg_database as d on d.oid = l.database and d.datname = current_database()
        where l.locktype = 'advisory' and l.granted and l.objsubid = 1
            and (l.classid::bigint << 32) | l.objid::bigint = %s
    ),
    epoch, owner, date_trunc('second', started_at)::text,
    extract(epoch from now() - started_at)::float8
from market.stream_owner
"""
_LAG = """
select
    query,
    extract(epoch from now() - max(measured_at))::float8,
    sum(lag_offsets)::bigint,
    max(coalesce(lag_s, 'infinity'))::float8
from market.stream_lag group by query order by query desc
"""


def judge(
    running: bool, owner: tuple, rows: list[tuple], max_behind_s: float, max_silent_s: float
) -> tuple[int, str]:
    """Return the exit code and one line.

    ``owner`` is (epoch, owner, started, seconds since then); ``rows`` are, as last measured,
    (query, silent s, messages behind, behind s; infinite where none of a topic's events was
    done yet). A very first driver holds the lock a moment before it is written down as owner.
    """
    epoch, who, since, up = owner
    up = up or 0.0
    driver = f"epoch {epoch}, {who}, started {since}" if who else "never started"
    silent = max((row[1] for row in rows), default=None)
    fresh = running and (silent is None or silent > up)
    hangs = running and (up if fresh else silent) > max_silent_s
    said, late = [], False
    for query, age, messages, behind in rows:
        # What came since the last measurement is unknown, so it counts as not done.
        behind += age if fresh or hangs or not running else 0
        late = late or behind > max_behind_s
        text = "by an unknown time" if isinf(behind) else f"by {behind:.0f} s"
        said.append(f"{query} behind {text} ({messages} messages)")
    if silent is not None:
        said.append(f"heartbeat {silent:.0f} s ago")
    if not running:
        said.insert(0, f"the stream is not running ({driver}), start it with control.py submit")
    elif hangs:
        said.insert(0, f"the stream hangs ({driver}), end it with control.py restart")
    elif fresh:
        said = [f"the stream has just started ({driver}) and measured nothing yet"]
    code = int(not running or fresh or hangs or late)
    limits = f"limits: behind {max_behind_s:.0f} s, silent {max_silent_s:.0f} s"
    return code, "; ".join(said) + (f" ({limits})" if code else "")


def main(argv: list[str]) -> int:
    """Parse the arguments, ask the database, print one line; return the exit code."""
    parser = argparse.ArgumentParser(prog="health.py", description=__doc__.splitlines()[0])
    parser.add_argument("--postgres", required=True, help="DSN; ending in #iam: IAM login")
    parser.add_argument("--max-behind-s", type=float, default=120)
    parser.add_argument("--max-silent-s", type=float, default=60)
    options = parser.parse_args(argv)
    try:
        with connect(options.postgres, "coincap-health") as connection:
            running, *owner = connection.execute(_OWNER, [LOCK]).fetchone()
            rows = connection.execute(_LAG).fetchall()
    except psycopg.OperationalError as error:
        print(f"error: {out_of_reach(error)}", file=sys.stderr)
        return 2
    except psycopg.errors.UndefinedTable as error:
        print(f"error: {first_line(error)}; run migrate.py --postgres DSN first", file=sys.stderr)
        return 2
    code, line = judge(running, tuple(owner), rows, options.max_behind_s, options.max_silent_s)
    print(line)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
