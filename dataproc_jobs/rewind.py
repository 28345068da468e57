"""Sets the stream back to given offsets, or to the ledger, while it is stopped.

    spark-submit rewind.py --postgres DSN --checkpoint FOLDER \
        (--from-offsets coincap.markets:0=1500,… | --from-ledger) [--accept-gap]

`control.py rewind` runs it where the database can be reached. The checkpoints are renamed, never
deleted: their planned offsets are of another past; a start without them goes on from the ledger
and, for bronze, from bronze. Exit code 2: nothing was changed, the message says why.
"""

import argparse
import sys

from coincap_control.offsets import add_choice, parse_offsets
from coincap_jobs import ledger
from coincap_jobs.checkpoint import set_aside
from coincap_jobs.database import reach
from coincap_jobs.errors import JobError
from coincap_jobs.rewind import move_ledger
from coincap_jobs.session import spark_session


def rewind(args: argparse.Namespace) -> str:
    """Do it; return one line. Raises JobError where the stream runs or an offset is refused."""
    wanted = parse_offsets(args.from_offsets) if args.from_offsets else {}
    with reach(args.postgres, "coincap-rewind") as connection:
        # The lock keeps a driver from starting meanwhile, the epoch one that lost its connection.
        ledger.take_over(connection)
        changes = move_ledger(connection.cursor(), wanted, args.accept_gap)
        spark = spark_session("coincap-rewind")
        kept = set_aside(spark, args.checkpoint)
        spark.stop()
    moved = f"checkpoints are now in {kept}" if kept else "there were no checkpoints"
    return "; ".join([*map(str, changes), moved]) + "; submit the stream to go on"


def main(argv: list[str]) -> int:
    """Parse the arguments, rewind, print one line; return the exit code."""
    parser = argparse.ArgumentParser(prog="rewind.py", description=__doc__.splitlines()[0])
    parser.add_argument("--postgres", required=True, help="DSN; ending in #iam: IAM login")
    parser.add_argument("--checkpoint", required=True, help="folder of the checkpoints")
    add_choice(parser)
    try:
        print(rewind(parser.parse_args(argv)))
    except JobError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
