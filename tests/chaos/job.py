"""The stream job of a deployment: started by spark-submit, started again when it has ended."""

import os
import re
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from chaos.programs import kill, with_word
from embedded.processes import Component, Supervisor
from embedded.stream_job import JOBS, spark_environment, spark_submit, stop_stream

PROGRAM = Path(__file__).resolve().parent / "hooked" / "stream.py"
REFUSED = 2
"""Exit code of a condition that the operator must resolve."""


class JobRefused(Exception):
    """The job ended with 2; the text is its line with the remedy."""


@dataclass
class Job:
    """One stream application; ``starts`` counts how often it was started."""

    supervisor: Supervisor
    bootstrap: str
    dsn: str
    lake: Path
    checkpoints: Path
    hook: Path
    name: str = "stream"
    master: str = "local[2,4]"
    broken: str = ""
    extra: dict[str, str] = field(default_factory=dict)
    conf: dict[str, str] = field(default_factory=dict)
    component: Component | None = None
    starts: int = 0

    def start(self) -> None:
        """Start it; returns at once. ``local[2,4]``: a task may fail three times, as on a
        cluster."""
        self.starts += 1
        for folder in (self.lake, self.checkpoints):
            folder.mkdir(parents=True, exist_ok=True)
        settings = [part for pair in self.conf.items() for part in ("--conf", "=".join(pair))]
        self.component = self.supervisor.start(
            f"{self.name}-{self.starts}",
            [
                *spark_submit(master=self.master),
                *settings,
                str(PROGRAM),
                *("--bootstrap", self.bootstrap, "--postgres", self.dsn),
                *("--lake", str(self.lake), "--checkpoint", str(self.checkpoints)),
                *("--archive-s", "2", "--serve-ms", "500", "--derive-s", "2"),
            ],
            env={
                **spark_environment(),
                "COINCAP_CHAOS_HOOK": str(self.hook),
                "COINCAP_CHAOS_BREAK": self.broken,
                **self.extra,
            },
        )

    @property
    def code(self) -> int | None:
        """Its exit code; None while it runs."""
        return self.component.process.poll() if self.component else -1

    def ensure(self) -> None:
        """Start it again where it has ended with 1 or by a signal, as its runbook says.

        Raises JobRefused where it ended with 2.
        """
        if self.code == REFUSED:
            raise JobRefused(self.last_line())
        if self.code is not None:
            self.forget()
            self.start()

    def wait_end(self, seconds: float) -> int | None:
        """Return its exit code once it has ended; None when the time is over."""
        deadline = time.monotonic() + seconds
        while self.code is None and time.monotonic() < deadline:
            time.sleep(0.1)
        return self.code

    def kill(self) -> None:
        """SIGKILL driver, JVM and Python workers."""
        if self.component:
            kill(self.component)
            self.forget()

    def forget(self) -> None:
        """Drop a component that has ended."""
        if self.component in self.supervisor.components:
            self.supervisor.components.remove(self.component)

    def stop(self) -> None:
        """End it between two batches."""
        if self.component and self.code is None:
            stop_stream(self.supervisor, self.component)

    def last_line(self) -> str:
        """Return the line that starts with "error:", else the last line of the log."""
        lines = self.component.log.read_text("utf-8", "replace").splitlines()
        said = [line for line in lines if line.startswith("error: ")]
        return (said or lines or [""])[-1]

    def saw(self, pattern: str) -> bool:
        """Return whether this start's log has a line that matches."""
        return bool(self.count(pattern))

    def count(self, pattern: str) -> int:
        """Return how many matches this start's log has."""
        return len(re.findall(pattern, self.component.log.read_text("utf-8", "replace")))

    def processes(self, word: str) -> list[int]:
        """Return pids of its processes whose command line has the word."""
        return with_word(self.component, word)

    def rewind(self) -> str:
        """Do what the refusal names, by the product's own program; return what it said.

        Raises RuntimeError where the refusal names nothing, or the program fails.
        """
        named = re.search(r"rewind (--from-[^;,]+?)(,| and start|$)", self.last_line())
        if not named:
            raise RuntimeError(f"no remedy named: {self.last_line()}")
        place = ["--postgres", self.dsn, "--checkpoint", str(self.checkpoints)]
        done = subprocess.run(
            [*spark_submit(), str(JOBS / "rewind.py"), *place, *named[1].split()],
            env={**os.environ, **spark_environment()},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"rewind {named[1]}: {done.stderr.strip().splitlines()[-1]}")
        self.forget()
        return named[1]
