"""What ``control.py`` takes."""

import argparse
import os
from pathlib import Path

from coincap_control.offsets import add_choice

_STATE = Path(__file__).resolve().parents[2] / "build" / "stream"


def parser(description: str) -> argparse.ArgumentParser:
    """Return the parser: target and its options first, then the command."""
    parser = argparse.ArgumentParser(
        prog="control.py",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    env = os.environ.get
    parser.add_argument(
        "--target", choices=["local", "gcp"], default=env("COINCAP_TARGET", "local")
    )
    gcp = parser.add_argument_group("gcp")
    gcp.add_argument("--project", default=env("COINCAP_PROJECT"))
    gcp.add_argument("--region", default=env("COINCAP_REGION"))
    gcp.add_argument("--cluster", default=env("COINCAP_STREAM_CLUSTER", "coincap-stream"))
    gcp.add_argument(
        "--endpoint", metavar="HOST:PORT", help="a stand-in for the Dataproc API, without TLS"
    )
    local = parser.add_argument_group("local")
    local.add_argument("--state", type=Path, default=_STATE, help="folder of pid and log")
    local.add_argument("--spark-submit", default=env("COINCAP_SPARK_SUBMIT", "spark-submit"))
    local.add_argument("--jars", default=env("COINCAP_SPARK_JARS", ""), help="comma list")
    commands = parser.add_subparsers(dest="command", required=True)
    _submit(commands.add_parser("submit", help="start the stream"))
    commands.add_parser("status", help="say whether it runs; exit code 1 where it does not")
    _patience(commands.add_parser("stop", help="end it between two batches"), 120)
    restart = commands.add_parser("restart", help="stop, set back where asked, submit")
    add_choice(restart, required=False)
    _patience(restart, 120)
    _submit(restart)
    rewind = commands.add_parser("rewind", help="set the stopped stream back; see rewind.py")
    add_choice(rewind)
    wait = commands.add_parser("wait", help="wait until it ends; exit code of the stream")
    _patience(wait, 0)
    return parser


def _submit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--job", type=Path, help="gcp: what `gcloud dataproc jobs describe --format json` wrote"
    )
    parser.add_argument(
        "arguments",
        nargs="*",
        help="stream.py's arguments after --; without them those of the newest submit",
    )


def _patience(parser: argparse.ArgumentParser, seconds: int) -> None:
    parser.add_argument(
        "--patience-s", type=float, default=seconds, help=f"seconds to wait ({seconds or 'any'})"
    )
