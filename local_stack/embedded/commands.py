"""The subcommands that look into a kept stack: status, logs, psql, bq, topics, stop.

What a command alone needs (Kafka's client, BigQuery's) is imported in it: `logs` is not to wait
for them.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
from rich.console import Console

from embedded.errors import StackError
from embedded.kept import forget, running
from embedded.places import REPOSITORY, RunFolder
from embedded.remembered import end_remembered, remembered

DATA_DIR = click.option(
    "--data-dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=REPOSITORY / "build" / "demo",
    callback=lambda _context, _option, value: RunFolder(value.resolve()),
    help="Where the run keeps its data.",
)


@click.command("status")
@DATA_DIR
def status_command(folder: RunFolder) -> int:
    """Show each component: port, memory, health, lag."""
    from embedded import status

    return status.show(folder, Console())


@click.command()
@DATA_DIR
def stop(folder: RunFolder) -> int:
    """End what --keep left running; lake, logs and report stay until the next start."""
    from embedded.stream_job import ask_to_stop

    for name, facts in remembered(folder):
        if name == "stream":
            ask_to_stop(facts["pid"])
    ended = end_remembered(folder)
    forget(folder)
    if folder.unprivileged != folder.root:
        shutil.rmtree(folder.unprivileged, ignore_errors=True)
    Console().print(
        f"ended: {', '.join(ended) or 'nothing was running'}", highlight=False, soft_wrap=True
    )
    return 0


@click.command()
@click.argument("name")
@click.option("-n", "--lines", default=40, show_default=True, help="Lines to show.")
@click.option("-f", "--follow", is_flag=True, help="Go on as lines come.")
@DATA_DIR
def logs(name: str, lines: int, follow: bool, folder: RunFolder) -> int:
    """Show the end of a component's log."""
    file = folder.logs / f"{name}.log"
    if not file.exists():
        known = sorted(each.stem for each in folder.logs.glob("*.log"))
        raise StackError(f"no log of {name!r}; there are: {', '.join(known) or 'none yet'}")
    return subprocess.run(["tail", "-n", str(lines), *(["-f"] if follow else []), file]).returncode


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@DATA_DIR
def psql(arguments: tuple[str, ...], folder: RunFolder) -> int:
    """Open psql on the live tables; ARGUMENTS are psql's own (-c "select …")."""
    from embedded.postgres import client_program

    stack = running(folder)
    environment = {**os.environ, "PGOPTIONS": "-c search_path=market"}
    sys.stdout.flush()
    os.execve(client_program("psql"), ["psql", stack.dsn, *arguments], environment)


@click.command()
@click.argument("sql", required=False)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV instead of a table.")
@DATA_DIR
def bq(sql: str | None, as_csv: bool, folder: RunFolder) -> int:
    """Ask the warehouse one question in BigQuery's SQL; without one, list its tables."""
    from embedded import contents

    contents.warehouse(running(folder), sql, as_csv, Console())
    return 0


@click.command()
@click.argument("name", required=False)
@click.option("--last", default=3, show_default=True, help="Messages to show of topic NAME.")
@DATA_DIR
def topics(name: str | None, last: int, folder: RunFolder) -> int:
    """List Kafka's topics with their messages and lag; of topic NAME show the newest messages."""
    from embedded import contents

    stack = running(folder)
    if name:
        contents.messages(stack.bootstrap, name, last, Console())
    else:
        contents.topics_table(stack, Console())
    return 0


ALL = (status_command, logs, psql, bq, topics, stop)
