"""What a run of the demo is asked to do."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import psutil

from embedded import own_folder
from embedded.errors import StackError
from embedded.places import RunFolder

GIB = 2**30
NEEDED_BYTES = 3 * GIB
NEEDED_MEMORY_BYTES = 4 * GIB
"""The peak of a run, while Spark's batch works beside the stream."""


@dataclass(frozen=True)
class Options:
    """The demo's options, checked.

    ``minutes`` of simulated (or live) market are polled; ``replay`` plays captures instead;
    ``export`` receives Parquet files.
    """

    folder: RunFolder
    minutes: int = 30
    seed: int = 1
    replay: Path | None = None
    export: Path | None = None
    keep: bool = False
    api_key: str | None = None

    def check(self) -> None:
        """Raise StackError where the run cannot succeed: memory, disk, replay or data folder.

        The data folder is the demo's own after it.
        """
        root = self.folder.root
        for option, other in (("--replay", self.replay), ("--export", self.export)):
            if other and other.is_relative_to(root):
                raise StackError(
                    f"{option} {other} is inside --data-dir {root}, which each run empties; "
                    "choose a folder beside it"
                )
        if self.replay and not list(self.replay.glob("*.json")):
            raise StackError(f"--replay {self.replay}: no *.json capture in this folder")
        try:
            own_folder.check_own(self.folder)
            own_folder.mark(self.folder)
        except OSError as error:
            raise StackError(f"--data-dir {root}: {error.strerror}; choose another") from None
        memory = psutil.virtual_memory().available + psutil.swap_memory().free
        if memory < NEEDED_MEMORY_BYTES:
            raise StackError(
                f"{memory / GIB:.1f} GiB of memory are free, a run needs 4 GiB at its peak; end "
                "other programs, or add swap"
            )
        free = shutil.disk_usage(root).free
        if free < NEEDED_BYTES:
            raise StackError(
                f"--data-dir {root}: {free / GIB:.1f} GiB free, 3 GiB are needed; free some "
                "or choose another disk"
            )
