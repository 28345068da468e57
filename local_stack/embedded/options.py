"""What a run of the demo is asked to do."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from embedded.errors import StackError
from embedded.places import RunFolder

NEEDED_BYTES = 3 * 2**30


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
        """Raise StackError where the run cannot succeed: disk, replay folder, data folder."""
        root = self.folder.root
        if self.replay and not list(self.replay.glob("*.json")):
            raise StackError(f"--replay {self.replay}: no *.json capture in this folder")
        try:
            root.mkdir(parents=True, exist_ok=True)
            (root / ".write").touch()
            (root / ".write").unlink()
        except OSError as error:
            raise StackError(f"--data-dir {root}: {error.strerror}; choose another") from None
        free = shutil.disk_usage(root).free
        if free < NEEDED_BYTES:
            raise StackError(
                f"--data-dir {root}: {free / 2**30:.1f} GiB free, 3 GiB are needed; free some "
                "or choose another disk"
            )
