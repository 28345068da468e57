"""The command behind ./local_stack/demo."""

import os
import shutil
import signal
import sys
from pathlib import Path

import click
from filelock import FileLock, Timeout
from rich.console import Console

from embedded import keep
from embedded.errors import StackError
from embedded.flow import Demo
from embedded.options import Options
from embedded.places import REPOSITORY, RunFolder
from embedded.processes import Supervisor, remembered
from embedded.stages import Stages

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


class _OneLine(click.Command):
    """A command whose usage errors are one line, with the way out."""

    def main(self, *args, **kwargs):
        try:
            return super().main(*args, standalone_mode=False, **kwargs)
        except click.ClickException as error:
            click.echo(f"error: {error.format_message()} (see --help)", err=True)
            sys.exit(2)
        except click.Abort:
            sys.exit(130)


@click.command(cls=_OneLine, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--minutes",
    type=click.IntRange(1, 1440),
    default=30,
    show_default=True,
    help="Minutes of market to poll; simulated minutes pass as fast as they can.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the simulator.")
@click.option("--replay", type=_FOLDER, help="Play captured answers from this folder instead.")
@click.option(
    "--export",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write every table and mart as Parquet into this folder.",
)
@click.option("--keep", "keep_running", is_flag=True, help="Leave everything running.")
@click.option("--down", is_flag=True, help="End what --keep left running.")
@click.option("--status", is_flag=True, help="Show what --keep left running.")
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=REPOSITORY / "build" / "demo",
    help="Where the run keeps its data.",
)
@click.option("--yes", is_flag=True, help="Do not ask before spending live credits.")
def main(minutes, seed, replay, export, keep_running, down, status, data_dir, yes):
    """Run the whole pipeline on this machine: CoinCap (or its simulator) to charts.

    With COINCAP_API_KEY set the live API is polled, after saying what it will cost.
    """
    console = Console()
    folder = RunFolder(data_dir.resolve())
    if down or status:
        return keep.down(folder, console) if down else keep.status(folder, console)
    api_key = None if replay else os.environ.get("COINCAP_API_KEY") or None
    options = Options(
        folder,
        minutes,
        seed,
        replay.resolve() if replay else None,
        export.resolve() if export else None,
        keep_running,
        api_key,
    )
    code = 1
    try:
        options.check()
        if api_key and not (yes or keep.agreed_to_cost(console, minutes)):
            return 2
        code = _locked(options, console)
    except StackError as error:
        console.print(f"[red]error:[/] {error}", highlight=False, soft_wrap=True)
        code = 2
    except KeyboardInterrupt:
        console.print("stopped; nothing is left running", highlight=False)
        code = 130
    return code


def _locked(options: Options, console: Console) -> int:
    folder = options.folder
    try:
        with FileLock(folder.root / "lock", timeout=0):
            if running := [name for name, _ in remembered(folder)]:
                raise StackError(
                    f"--data-dir {folder.root}: {', '.join(running)} of an earlier --keep still "
                    "run; end them with --down or choose another folder"
                )
            return _run(options, console)
    except Timeout:
        raise StackError(
            f"--data-dir {folder.root} is in use by another run; choose another"
        ) from None


def _run(options: Options, console: Console) -> int:
    for child in options.folder.root.iterdir():
        if child.name != "lock":
            shutil.rmtree(child) if child.is_dir() else child.unlink()
    signal.signal(signal.SIGTERM, _interrupt)
    supervisor = Supervisor(options.folder, keep=options.keep)
    held = False
    try:
        demo = Demo(options, supervisor, Stages(console), console)
        held = demo.run()
        if options.keep:
            keep.announce(options.folder, console)
    finally:
        if not (options.keep and held):
            # A second Ctrl-C must not leave half of the components behind.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            supervisor.stop_all()
            shutil.rmtree(options.folder.unprivileged / "postgres", ignore_errors=True)
    return 0 if held else 1


def _interrupt(*_):
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
