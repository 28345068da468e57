"""Submits, watches, stops, restarts and rewinds the stream job, on Dataproc or here.

    control.py --target gcp --project P --region R status
    control.py --target gcp --project P --region R restart --from-offsets coincap.markets:0=1500
    control.py --target local submit -- --bootstrap … --postgres … --lake … --checkpoint …
    control.py --target local rewind --from-ledger

A submit without arguments repeats the newest one: on Dataproc that is Terraform's own job, with
its arguments, packages and properties. Exit codes: 0 done (status: it runs), 1 it does not run or
has failed, 2 refused or out of reach, the message says why.
"""

import argparse
import sys

from coincap_control.arguments import parser
from coincap_control.offsets import chosen
from coincap_control.target import Target
from coincap_jobs.errors import JobError


def target_of(args: argparse.Namespace) -> Target:
    """Return what the commands act on. Raises JobError where an option is missing."""
    if args.target == "local":
        from coincap_control.local import Local

        return Local(args.state, args.spark_submit, args.jars)
    missing = [f"--{name}" for name in ("project", "region") if not getattr(args, name)]
    if missing:
        raise JobError(f"--target gcp needs {' and '.join(missing)}")
    from coincap_control.gcp import Gcp

    return Gcp(args.project, args.region, args.cluster, args.endpoint)


def run(args: argparse.Namespace, target: Target) -> int:
    """Do the command, print a line for each step, return the exit code."""
    if args.command in ("status", "wait"):
        state = target.status() if args.command == "status" else target.wait(args.patience_s)
        print(state.line)
        return state.code
    if args.command in ("stop", "restart"):
        print(target.stop(args.patience_s))
    if args.command in ("rewind", "restart") and chosen(args):
        print(target.rewind(chosen(args)))
    if args.command in ("submit", "restart"):
        print(target.submit(args.arguments, args.job))
    return 0


def main(argv: list[str]) -> int:
    """Parse the arguments and run; an error is one line."""
    args = parser(__doc__).parse_args(argv)
    try:
        return run(args, target_of(args))
    except JobError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
