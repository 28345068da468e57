"""Offsets as an operator writes them: ``topic:partition=offset,…``."""

import argparse
import re

_ONE = re.compile(r"(?P<topic>[a-zA-Z0-9._-]+):(?P<partition>[0-9]+)=(?P<offset>[0-9]+)")


def parse_offsets(text: str) -> dict[str, dict[int, int]]:
    """Return the next offset to read per topic and partition.

    >>> parse_offsets("coincap.markets:0=15,coincap.markets:1=7")
    {'coincap.markets': {0: 15, 1: 7}}

    Raises ArgumentTypeError where a part has another form or names a partition again.
    """
    found: dict[str, dict[int, int]] = {}
    for part in text.split(","):
        match = _ONE.fullmatch(part.strip())
        if not match:
            raise argparse.ArgumentTypeError(
                f"{part!r} is no topic:partition=offset, like coincap.markets:0=1500"
            )
        partitions = found.setdefault(match["topic"], {})
        if int(match["partition"]) in partitions:
            raise argparse.ArgumentTypeError(f"{part.strip()!r} names a partition again")
        partitions[int(match["partition"])] = int(match["offset"])
    return found


def add_choice(parser: argparse.ArgumentParser, required: bool = True) -> None:
    """Declare where to go back to."""
    choice = parser.add_mutually_exclusive_group(required=required)
    choice.add_argument(
        "--from-offsets",
        type=_checked,
        metavar="TOPIC:PARTITION=OFFSET,…",
        help="set the ledger to these next offsets",
    )
    choice.add_argument(
        "--from-ledger", action="store_true", help="leave the ledger, set the checkpoints aside"
    )
    parser.add_argument(
        "--accept-gap", action="store_true", help="allow offsets after the ledger's: lost messages"
    )


def _checked(text: str) -> str:
    parse_offsets(text)
    return text


def chosen(args: argparse.Namespace) -> list[str]:
    """Return the choice as arguments of rewind.py; empty where there is none."""
    words = ["--from-ledger"] if args.from_ledger else []
    words += ["--from-offsets", args.from_offsets] if args.from_offsets else []
    return [*words, "--accept-gap"] if words and args.accept_gap else words
