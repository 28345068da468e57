"""Keeps what dbt has parsed from one run to the next; dbt itself parses again what has changed."""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from embedded.environments import environment
from embedded.places import REPOSITORY, cache

FILE = "partial_parse.msgpack"


@contextlib.contextmanager
def parsed(target: Path) -> Iterator[None]:
    """Put the last run's parse into dbt's target folder, and keep this run's where it ends well.

    One per checkout and version of dbt: two of them would only overwrite each other's.
    """
    whose = hashlib.sha256(f"{REPOSITORY}\n{environment('dbt').name}".encode()).hexdigest()[:12]
    kept = cache() / "dbt" / f"{whose}.msgpack"
    target.mkdir(parents=True, exist_ok=True)
    if kept.exists():
        shutil.copy(kept, target / FILE)
    yield
    if (target / FILE).exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        partial = kept.with_suffix(f".{os.getpid()}")
        shutil.copy(target / FILE, partial)
        partial.replace(kept)
