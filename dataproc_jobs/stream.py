"""The stream application: CoinCap's topics into PostgreSQL (serve) and bronze (archive).

Run by spark-submit and Dataproc alike; ``--help`` lists the arguments. Exit codes: 0 stopped
as asked, 1 a bug or a lost component (start it again: it goes on where it was), 2 a condition
that the operator must resolve (the message says how).
"""

import argparse
import sys

from coincap_jobs.driver import add_arguments, run
from coincap_jobs.errors import JobError


def main() -> int:
    """Parse the arguments and run until a signal or a failure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    try:
        return run(parser.parse_args())
    except JobError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
