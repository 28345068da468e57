"""Progress on the terminal: one line per stage, with its time."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


@dataclass
class Stages:
    """Times each stage and watches the peak of memory while they run."""

    console: Console
    seconds: dict[str, float] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    @contextmanager
    def stage(self, name: str, total: int | None = None) -> Iterator["Stage"]:
        """Show a stage while it runs; its time is kept when it ends well."""
        began = time.monotonic()
        with Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        ) as progress:
            task = progress.add_task(name, total=total, note="")
            yield Stage(progress, task)
        took = time.monotonic() - began
        self.seconds[name] = self.seconds.get(name, 0) + took
        self.console.print(f"[green]✓[/] {name} [dim]{took:.1f} s[/]", highlight=False)

    def elapsed(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self.began


@dataclass
class Stage:
    """One running stage."""

    progress: Progress
    task: int

    def done(self, completed: int, note: str = "") -> None:
        """Report how much is done."""
        self.progress.update(self.task, completed=completed, note=note)

    def note(self, text: str) -> None:
        """Say what is going on."""
        self.progress.update(self.task, note=text)


class PeakMemory:
    """Samples the memory of all components every two seconds."""

    def __init__(self, measure):
        self._measure = measure
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.mib = 0.0

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(5)

    def _run(self) -> None:
        while not self._stop.wait(2):
            self.mib = max(self.mib, self._measure())
