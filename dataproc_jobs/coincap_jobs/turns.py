"""Writers of one Delta table on a disk, one after the other.

Two commits at once are safe where the store makes a commit's file only if there is none, as Delta
has Cloud Storage do. A disk's rename replaces what is there. Hadoop looks before it renames, and
what another program commits in between is gone from the log, and its rows with it; or the file is
one's and its checksum the other's, and nobody can read the table. Delta guards the writers of one
JVM; here the stream appends to bronze and housekeeping compacts it, each in a JVM of its own, and
a batch that somebody starts by hand meets Airflow's.
Source: Delta Lake's documentation, "Storage configuration": a store must give mutual exclusion.
"""

import fcntl
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

log = logging.getLogger("coincap.turns")
_PATIENCE_S = 30
"""More than an append takes, and the compaction of a day of bronze."""


@contextmanager
def my_turn(table: str, patience_s: float = _PATIENCE_S) -> Iterator[None]:
    """Keep other programs of this machine from writing the table while the block runs.

    ``table`` is its folder; one with a scheme, such as gs://, needs no turns. The lock is the
    kernel's: it ends with its holder, however that ends, and containers of one host share it.
    Who waits longer than ``patience_s`` goes on without: a holder that was made to stand still
    must not hold up the driver that takes over.
    """
    if "://" in table:
        yield
        return
    folder = Path(table)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f".{folder.name}.lock").open("ab") as handle:
        if not _locked(handle, time.monotonic() + patience_s):
            log.warning("%s: another program writes for over %.0f s", table, patience_s)
        yield


def _locked(handle: BinaryIO, deadline: float) -> bool:
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.05)
