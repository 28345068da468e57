"""A run empties its data folder when it starts: only one that is the demo's own, or empty."""

import shutil

from embedded.errors import StackError
from embedded.places import RunFolder

MARKER = ".coincap-demo"
_TEXT = "A run of ./local_stack/demo keeps its data here and empties this folder when it starts.\n"


def check_own(folder: RunFolder) -> None:
    """Raise StackError where the folder holds something and no run of the demo made it."""
    root = folder.root
    if root.exists() and any(root.iterdir()) and not (root / MARKER).exists():
        raise StackError(
            f"--data-dir {root} is not empty and not of this demo, which would delete what is in "
            "it; choose another folder, or an empty one"
        )


def mark(folder: RunFolder) -> None:
    """Make the folder the demo's own."""
    folder.root.mkdir(parents=True, exist_ok=True)
    (folder.root / MARKER).write_text(_TEXT, "utf-8")


def empty(folder: RunFolder) -> None:
    """Delete what an earlier run left; the lock is held, the marker stays. Raises StackError."""
    check_own(folder)
    for child in folder.root.iterdir():
        if child.name not in ("lock", MARKER):
            shutil.rmtree(child) if child.is_dir() and not child.is_symlink() else child.unlink()
