"""Says how far the stream is behind; exit code 0 healthy, 1 behind or silent, 2 out of reach.

    health.py --postgres DSN [--max-behind-s 120] [--max-silent-s 60]

Behind is the age of the newest poll in the tables, silent the time since the last batch of
either query: a stream without input is silent, not behind.
"""

import argparse
import sys

import psycopg

from coincap_jobs.database import connect

_HEALTH = """
select
    query,
    extract(epoch from now() - max(finished_at))::float8,
    extract(epoch from now() - max(newest_polled_at))::float8
from market.stream_progress group by query order by query
"""


def judge(rows: list[tuple], max_behind_s: float, max_silent_s: float) -> tuple[int, str]:
    """Return the exit code and one line for (query, silent s, behind s or None) rows."""
    if not rows:
        return 1, "the stream has not finished a batch yet"
    said, code = [], 0
    for query, silent, behind in rows:
        late = behind is not None and behind > max_behind_s
        code = 1 if late or silent > max_silent_s else code
        text = f"{query}: last batch {silent:.0f} s ago"
        said.append(text + (f", behind by {behind:.0f} s" if behind is not None else ""))
    limits = f"(limits: behind {max_behind_s:.0f} s, silent {max_silent_s:.0f} s)"
    return code, "; ".join(said) + (f" {limits}" if code else "")


def main(argv: list[str]) -> int:
    """Parse the arguments, ask the database, print one line; return the exit code."""
    parser = argparse.ArgumentParser(prog="health.py", description=__doc__.splitlines()[0])
    parser.add_argument("--postgres", required=True, help="DSN; ending in #iam: IAM login")
    parser.add_argument("--max-behind-s", type=float, default=120)
    parser.add_argument("--max-silent-s", type=float, default=60)
    options = parser.parse_args(argv)
    try:
        with connect(options.postgres, "coincap-health") as connection:
            rows = connection.execute(_HEALTH).fetchall()
    except psycopg.OperationalError as error:
        first = str(error).strip().splitlines()[0]
        print(f"error: PostgreSQL is out of reach: {first}; check --postgres", file=sys.stderr)
        return 2
    code, line = judge(rows, options.max_behind_s, options.max_silent_s)
    print(line)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
