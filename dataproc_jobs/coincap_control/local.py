"""The stream as a process of this machine, detached, known by its state folder.

``stream.json`` holds pid, start time and arguments of the newest submit, ``stream.exit`` how it
ended, ``stream.log`` what it said.
"""

import contextlib
import json
import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from coincap_control.processes import alive, await_end, family_of, runs
from coincap_control.target import State, rewind_arguments
from coincap_jobs.errors import JobError

_JOBS = Path(__file__).resolve().parents[1]
_PATHS = os.pathsep.join([str(_JOBS.parent / "functions"), str(_JOBS)])
_KEEP_EXIT = '"$@"; code=$?; echo $code >"$0.new"; mv "$0.new" "$0"'
"""The shell that outlives the stream: nobody else learns how a detached process ended."""


@dataclass(frozen=True)
class Local:
    """A stream on this machine."""

    state: Path
    spark_submit: str
    jars: str

    def submit(self, arguments: list[str], _job: Path | None = None) -> str:
        """Start the stream. Raises JobError where one runs, or there are no arguments."""
        if process := self._process():
            raise JobError(f"the stream already runs (pid {process.pid}); stop or restart it")
        arguments = arguments or self._newest()
        self.state.mkdir(parents=True, exist_ok=True)
        self._exit.unlink(missing_ok=True)
        command = ["sh", "-c", _KEEP_EXIT, str(self._exit), *self._spark("stream.py", arguments)]
        with self._log.open("wb") as output:
            started = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._environment(),
                start_new_session=True,
            )
        facts = {
            "pid": started.pid,
            "started": psutil.Process(started.pid).create_time(),
            "arguments": arguments,
        }
        # A DSN may hold a password.
        self._facts.touch(mode=0o600)
        self._facts.write_text(json.dumps(facts))
        return f"the stream is submitted (pid {started.pid}); log: {self._log}"

    def status(self) -> State:
        """Say whether the stream runs, else how it ended."""
        process = self._process()
        if process is None:
            return self._ended(running_is_needed=True)
        since = datetime.fromtimestamp(process.create_time(), UTC)
        return State(f"the stream runs: pid {process.pid}, since {since:%Y-%m-%d %H:%M:%SZ}", 0)

    def wait(self, patience_s: float) -> State:
        """Wait until the stream has ended; code 1 where it failed or still runs."""
        if process := self._process():
            await_end(process, patience_s or float("inf"))
        if process := self._process():
            return State(f"the stream still runs (pid {process.pid}) after {patience_s:.0f} s", 1)
        return self._ended(running_is_needed=False)

    def stop(self, patience_s: float) -> str:
        """Ask the driver to end between two batches; what does not end in time is killed.

        spark-submit is a JVM that passes no signal on, so its child, the driver, is asked.
        Killing is safe too: an unfinished batch is a transaction that never was.
        """
        process = self._process()
        if process is None:
            return "no stream runs"
        family = family_of(process)
        for member in [each for each in family if runs(each, _JOBS / "stream.py")] or family:
            with contextlib.suppress(psutil.Error):
                member.terminate()
        await_end(process, patience_s)
        left = [each for each in [process, *family] if alive(each)]
        for member in left:
            with contextlib.suppress(psutil.Error):
                member.kill()
        await_end(process, 10)
        return (
            f"the stream was killed after {patience_s:.0f} s" if left else "the stream is stopped"
        )

    def rewind(self, choice: list[str]) -> str:
        """Run rewind.py here and return its line."""
        if process := self._process():
            raise JobError(f"the stream runs (pid {process.pid}); stop it first: control.py stop")
        command = self._spark("rewind.py", rewind_arguments(self._newest(), choice))
        done = subprocess.run(
            command, env=self._environment(), capture_output=True, text=True, check=False
        )
        said = done.stdout.strip().splitlines()
        if done.returncode == 0:
            return said[-1]
        # spark-submit passes a driver's stderr on as its own stdout, among its own log's lines.
        lines = done.stderr.strip().splitlines() + said
        errors = [line for line in lines if line.startswith("error: ")] or lines or ["no message"]
        raise JobError(errors[-1].removeprefix("error: "))

    @property
    def _facts(self) -> Path:
        return self.state / "stream.json"

    @property
    def _exit(self) -> Path:
        return self.state / "stream.exit"

    @property
    def _log(self) -> Path:
        return self.state / "stream.log"

    def _newest(self) -> list[str]:
        if not self._facts.exists():
            raise JobError("nothing was submitted yet; give stream.py's arguments after --")
        return json.loads(self._facts.read_text())["arguments"]

    def _process(self) -> psutil.Process | None:
        """Return the running stream; a pid that another program has by now is not it."""
        if not self._facts.exists():
            return None
        facts = json.loads(self._facts.read_text())
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(facts["pid"])
            if abs(process.create_time() - facts["started"]) < 1 and alive(process):
                return process
        return None

    def _ended(self, running_is_needed: bool) -> State:
        if not self._facts.exists():
            return State("no stream was ever submitted here", 1)
        code = self._exit.read_text().strip() if self._exit.exists() else "unknown: killed"
        log = self._log.read_text("utf-8", "replace") if self._log.exists() else ""
        errors = [line for line in log.splitlines() if line.startswith("error: ")]
        last = f": {errors[-1].removeprefix('error: ')}" if errors else f"; log: {self._log}"
        if code == "0":
            return State("the stream has ended as asked", int(running_is_needed))
        return State(f"the stream has ended with exit code {code}{last}", 1)

    def _spark(self, driver: str, arguments: list[str]) -> list[str]:
        words = [self.spark_submit, "--master", "local[2]", "--driver-memory", "1g"]
        words += ["--driver-java-options", "-XX:+UseSerialGC -Duser.timezone=UTC"]
        words += ["--jars", self.jars] if self.jars else []
        return [*words, str(_JOBS / driver), *arguments]

    def _environment(self) -> dict[str, str]:
        beside = Path(self.spark_submit).with_name("python")
        python = {"PYSPARK_PYTHON": str(beside)} if beside.exists() else {}
        return {"SPARK_LOCAL_IP": "127.0.0.1", **os.environ, "PYTHONPATH": _PATHS, **python}
