"""The command behind ./local_stack/demo."""

import os
import shutil
import signal
import sys
from pathlib import Path

import click
from filelock import FileLock, Timeout
from rich.console import Console

from embedded import commands, cost, first_chart, own_folder
from embedded.errors import StackError
from embedded.kept import STOP, forget
from embedded.options import Options
from embedded.processes import Supervisor
from embedded.remembered import remembered
from embedded.stages import Stages

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


class _OneLine(click.Group):
    """Commands whose errors are one line, with the way out."""

    def main(self, *args, **kwargs):
        try:
            return super().main(*args, standalone_mode=False, **kwargs)
        except click.ClickException as error:
            click.echo(f"error: {error.format_message()} (see --help)", err=True)
            return 2
        except click.Abort:
            return 130
        except StackError as error:
            click.echo(f"error: {error}", err=True)
            return 2


@click.group(
    cls=_OneLine,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
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
@click.option("--down", is_flag=True, help="The same as the command stop.")
@click.option("--status", "show", is_flag=True, help="The same as the command status.")
@commands.DATA_DIR
@click.option("--yes", is_flag=True, help="Do not ask before spending live credits.")
@click.pass_context
def main(context, minutes, seed, replay, export, keep_running, down, show, folder, yes):
    """Run the whole pipeline on this machine: CoinCap (or its simulator) to charts.

    With COINCAP_API_KEY set the live API is polled, after saying what it will cost. With --keep
    it goes on until the command stop; the other commands look into it.
    """
    if context.invoked_subcommand:
        return 0
    console = Console()
    if down or show:
        return context.invoke(commands.stop if down else commands.status_command, folder=folder)
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
        if api_key and keep_running:
            cost.live_plan()
        if api_key and not (yes or cost.agreed_to_cost(console, minutes, keep_running)):
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
                    f"run; end them with {STOP} or choose another folder"
                )
            return _run(options, console)
    except Timeout:
        raise StackError(
            f"--data-dir {folder.root} is in use by another run; choose another"
        ) from None


def _run(options: Options, console: Console) -> int:
    # Here, because the other commands need not wait for what a run imports.
    from embedded import keep, status
    from embedded.flow import Demo

    notes = first_chart.earlier(options.folder)
    own_folder.empty(options.folder)
    first_chart.keep(options.folder, notes)
    signal.signal(signal.SIGTERM, _interrupt)
    supervisor = Supervisor(options.folder, keep=options.keep)
    kept = held = False
    try:
        begun = keep.begin(options.folder) if options.keep else None
        demo = Demo(options, supervisor, Stages(console), console)
        held = demo.run()
        if begun and held:
            keep.go_on(demo, begun)
            kept = True
            console.print()
            status.show(options.folder, console)
            console.print(f"End it with: {STOP}", highlight=False)
    finally:
        if not kept:
            # A second Ctrl-C must not leave half of the components behind.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            supervisor.stop_all()
            forget(options.folder)
            shutil.rmtree(options.folder.unprivileged / "postgres", ignore_errors=True)
    return 0 if held else 1


def _interrupt(*_):
    raise KeyboardInterrupt


for each in commands.ALL:
    main.add_command(each)

if __name__ == "__main__":
    sys.exit(main(prog_name="./local_stack/demo"))
