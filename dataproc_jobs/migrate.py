"""Bring the database to the newest migration and load the seed lists; safe to repeat.

Usage: migrate.py --postgres DSN. Runs as a Dataproc job before the stream starts and
in the local stack. Migrations are the plain SQL files of ``migrations/``.
"""

import argparse
import sys
from pathlib import Path

from coincap_jobs.errors import JobError
from coincap_jobs.migrations import migrate


def main() -> int:
    """Apply what is missing and print one line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--postgres", required=True, help="DSN of the owner; #iam: IAM login")
    parser.add_argument(
        "--migrations", default=str(Path(__file__).parent / "migrations"), help="folder of files"
    )
    args = parser.parse_args()
    try:
        applied = migrate(args.postgres, Path(args.migrations))
    except JobError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"database is at {applied[-1]} ({len(applied)} migrations recorded)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
