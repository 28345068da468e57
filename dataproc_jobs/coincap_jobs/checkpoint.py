"""What Spark's checkpoint says: the offsets of each planned batch and the last committed one.

A checkpoint folder holds ``offsets/N`` (written before batch N runs: a version line, a
metadata line, then one line per source) and ``commits/N`` (written after it).
"""

import json
from datetime import UTC, datetime

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from coincap_jobs.errors import JobError
from coincap_jobs.kafka_source import Offsets, from_json

_OLDER = {"the ledger": "the database", "bronze": "the lake"}


class Checkpoint:
    """One query's checkpoint folder, on any file system that Hadoop knows."""

    def __init__(self, spark: SparkSession, location: str):
        self.location = location
        self._jvm = spark.sparkContext._jvm
        self._conf = spark.sparkContext._jsc.hadoopConfiguration()

    def planned(self, batch_id: int) -> Offsets:
        """Return the end offsets of a planned batch; an empty dict where there is none."""
        lines = self._read(f"offsets/{batch_id}")
        return from_json(lines[2]) if len(lines) > 2 else {}

    def committed(self) -> Offsets:
        """Return the end offsets of the last committed batch; empty for a new checkpoint.

        Raises JobError where the file of that batch is torn.
        """
        batches = self._batches("commits")
        if not batches:
            return {}
        offsets = self.planned(batches[-1])
        if not offsets:
            raise self._torn(f"offsets/{batches[-1]}")
        return offsets

    def check_whole(self) -> None:
        """Raise JobError where a file that Spark reads at its start is torn.

        Spark would fail there at every start, and name no way out.
        """
        names = [("metadata", 1)] if self._names("metadata") else []
        for log, lines in (("offsets", 3), ("commits", 2), ("sources/0", 2)):
            names += [(f"{log}/{number}", lines) for number in self._batches(log)[-2:]]
        for name, lines in names:
            if not self._is_whole(name, lines):
                raise self._torn(name)

    def _is_whole(self, name: str, least_lines: int) -> bool:
        try:
            lines = self._read(name)
            # The first line is the version, but in metadata; a source's file starts with a NUL.
            content = lines if name == "metadata" else lines[1:]
            for line in content:
                json.loads(line)
        except (Py4JJavaError, ValueError):
            return False
        return len(lines) >= least_lines

    def _torn(self, name: str) -> JobError:
        return JobError(
            f"checkpoint {self.location}: {name} is torn or missing; run "
            "control.py rewind --from-ledger and start again: the ledger knows where to go on"
        )

    def _batches(self, log: str) -> list[int]:
        return sorted(int(name) for name in self._names(log) if name.isdigit())

    def _path(self, relative: str):
        return self._jvm.org.apache.hadoop.fs.Path(f"{self.location}/{relative}")

    def _names(self, relative: str) -> list[str]:
        path = self._path(relative)
        system = path.getFileSystem(self._conf)
        if not system.exists(path):
            return []
        return [status.getPath().getName() for status in system.listStatus(path)]

    def _read(self, relative: str) -> list[str]:
        path = self._path(relative)
        system = path.getFileSystem(self._conf)
        if not system.exists(path):
            return []
        stream = system.open(path)
        try:
            text = self._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8")
        finally:
            stream.close()
        return text.splitlines()


def set_aside(spark: SparkSession, location: str) -> str | None:
    """Rename a folder of checkpoints to LOCATION.before-TIME; return the new name.

    None where there is no such folder. Raises JobError where it cannot be renamed.
    """
    path = spark.sparkContext._jvm.org.apache.hadoop.fs.Path
    source = path(location)
    system = source.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())
    if not system.exists(source):
        return None
    kept = f"{location.rstrip('/')}.before-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"
    if not system.rename(source, path(kept)):
        raise JobError(f"cannot rename checkpoint {location} to {kept}; rename it and try again")
    return kept


def check_not_ahead(checkpoint: Checkpoint, held: Offsets, holder: str) -> None:
    """Raise JobError where the checkpoint has committed what its holder does not have.

    ``held`` is what the ledger or bronze (``holder``) says. That happens when the database or
    the lake was restored from an earlier backup (or the topics were made anew): going on from
    the checkpoint would leave a hole.
    """
    for topic, partitions in checkpoint.committed().items():
        for partition, offset in partitions.items():
            has = held.get(topic, {}).get(partition, 0)
            if offset > has:
                raise JobError(
                    f"checkpoint {checkpoint.location} is ahead of {holder} at "
                    f"{topic}/{partition} ({offset} > {has}): {_OLDER[holder]} is older than the "
                    "checkpoint. Run control.py rewind --from-ledger and start again: "
                    f"{holder} knows where to go on"
                )
