"""The lake's files: a folder or a Cloud Storage bucket behind one small interface."""

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol
from zlib import crc32

LOCKS = 64

Change = Callable[[bytes | None], bytes | None]


class Lake(Protocol):
    """Objects by name. ``update`` is atomic against every other writer."""

    def get(self, name: str) -> bytes | None:
        """Return an object's bytes, or None where it does not exist."""

    def put(self, name: str, content: bytes) -> None:
        """Write an object whole; readers never see half of it."""

    def put_if_absent(self, name: str, content: bytes) -> bool:
        """Create an object; return False, and change nothing, where it exists."""

    def update(self, name: str, change: Change) -> None:
        """Replace an object by ``change(old)``; None leaves it. May call ``change`` again."""

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the names under a folder, sorted."""


def open_lake(root: str) -> Lake:
    """Return the lake of a folder, a ``file://`` address or ``gs://bucket[/prefix]``."""
    if root.startswith("gs://"):
        from ingest.lake_gcs import GcsLake

        return GcsLake(root)
    return LocalLake(root.removeprefix("file://"))


class LocalLake:
    """A folder."""

    def __init__(self, root: str):
        self.root = Path(root)

    def get(self, name: str) -> bytes | None:
        """Return an object's bytes, or None."""
        try:
            return (self.root / name).read_bytes()
        except FileNotFoundError:
            return None

    def put(self, name: str, content: bytes) -> None:
        """Write beside the object, then rename."""
        written = self._written(name, content)
        try:
            os.replace(written, self.root / name)
        except OSError:
            os.unlink(written)
            raise

    def put_if_absent(self, name: str, content: bytes) -> bool:
        """Link a written file to the name: the link fails where the name exists."""
        written = self._written(name, content)
        try:
            os.link(written, self.root / name)
        except FileExistsError:
            return False
        finally:
            os.unlink(written)
        return True

    def update(self, name: str, change: Change) -> None:
        """Change an object under a lock that dies with the process.

        ``change`` must not update another object: names share a fixed number of locks.
        """
        lock = self.root / ".locks" / str(crc32(name.encode()) % LOCKS)
        lock.parent.mkdir(parents=True, exist_ok=True)
        with lock.open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            content = change(self.get(name))
            if content is not None:
                self.put(name, content)

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the names under a folder, sorted."""
        for path in sorted((self.root / prefix).rglob("*")):
            name = path.relative_to(self.root)
            if path.is_file() and not any(part.startswith(".") for part in name.parts):
                yield name.as_posix()

    def _written(self, name: str, content: bytes) -> str:
        folder = (self.root / name).parent
        folder.mkdir(parents=True, exist_ok=True)
        handle, path = tempfile.mkstemp(prefix=".", dir=folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
        except BaseException:
            os.unlink(path)  # on a full disk each retry would leave another
            raise
        return path
