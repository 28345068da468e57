"""Where things are: the repository, the cache of downloads, one run's data."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def cache() -> Path:
    """Return the folder of what is downloaded once: environments, jars, PostgreSQL."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "coincap-pipeline"


@dataclass(frozen=True)
class RunFolder:
    """One run's data: logs, lake, checkpoints, PostgreSQL, Kafka."""

    root: Path

    @property
    def logs(self) -> Path:
        """Logs, one file per component."""
        return self.root / "logs"

    @property
    def buckets(self) -> Path:
        """What the BigQuery emulator sees as gs://: one folder per bucket."""
        return self.root / "buckets"

    @property
    def lake(self) -> Path:
        """The lake, that is gs://lake."""
        return self.buckets / "lake"

    @property
    def pids(self) -> Path:
        """One file per running component, read by status and stop."""
        return self.root / "run"

    @property
    def unprivileged(self) -> Path:
        """Where PostgreSQL keeps its files: it refuses to run as root, and the user it then
        runs as may not enter root's folders.
        """
        if os.geteuid() != 0:
            return self.root
        digest = hashlib.sha256(str(self.root).encode()).hexdigest()[:12]
        return Path("/var/tmp") / f"coincap-pipeline-{digest}"
