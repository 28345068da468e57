"""Starts components, waits until they answer, and ends exactly what it started."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from embedded.errors import StackError
from embedded.family import descendants, die_with_parent, kill, kill_group, memory_bytes
from embedded.identity import started
from embedded.places import RunFolder


def free_port() -> int:
    """Return a loopback port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


_FRUGAL = {"MALLOC_ARENA_MAX": "2", "MALLOC_TRIM_THRESHOLD_": "131072"}
"""glibc gives each thread an arena of its own, and keeps what was freed once blocks were large:
over an hour of threads that come and go both add up."""


@dataclass
class Component:
    """One running program: how to reach it and how to end it."""

    name: str
    process: subprocess.Popen
    log: Path
    address: str = ""
    stop_signal: int = signal.SIGTERM

    def tail(self) -> str:
        """Return the last telling line of its log, for an error message."""
        return last_line(self.log)


def last_line(log: Path) -> str:
    """Return the last telling line of a log: the last error, else the last line."""
    lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
    telling = [line for line in lines if re.search(r"ERROR|rror:|FATAL|Failure in", line)]
    return (telling or lines or ["no output"])[-1].strip()[:300]


@dataclass
class Supervisor:
    """All components of one run, ended in reverse order.

    With ``keep`` they outlive this process; the files in ``folder.pids`` name them then.
    """

    folder: RunFolder
    keep: bool = False
    components: list[Component] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    # Linux sends the death signal when the thread that forked ends, so one thread forks all.
    _spawner: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))

    def start(
        self,
        name: str,
        command: list[str],
        *,
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
        address: str = "",
        user: int | None = None,
        stop_signal: int = signal.SIGTERM,
    ) -> Component:
        """Start a program in a process group of its own, its output in logs/NAME.log."""
        self.folder.logs.mkdir(parents=True, exist_ok=True)
        log = self.folder.logs / f"{name}.log"
        with log.open("ab") as output:
            process = self._spawner.submit(
                subprocess.Popen,
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**_FRUGAL, **os.environ, **(env or {})},
                cwd=cwd,
                user=user,
                start_new_session=True,
                preexec_fn=None if self.keep else die_with_parent,
            ).result()
        component = Component(name, process, log, address, stop_signal)
        with self._lock:
            self.components.append(component)
        self.remember(component)
        return component

    def wait_ready(
        self, component: Component, check: Callable[[], bool], seconds: float = 60
    ) -> Component:
        """Wait until ``check`` is true.

        Raises StackError when the program ends or the time is over, with its last log line.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            code = component.process.poll()
            if code is not None:
                raise StackError(
                    f"{component.name} ended with {code}: {component.tail()} "
                    f"(whole log: {component.log})"
                )
            with contextlib.suppress(Exception):
                if check():
                    return component
            time.sleep(0.1)
        raise StackError(
            f"{component.name} did not answer within {seconds:.0f} s: {component.tail()} "
            f"(whole log: {component.log})"
        )

    def stop(self, component: Component, patience_s: float = 30) -> int | None:
        """End one component and everything it started; return its exit code."""
        process = component.process
        family = descendants(process.pid)
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, component.stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(patience_s)
        kill_group(process.pid)
        kill(family)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
        with self._lock:
            if component in self.components:
                self.components.remove(component)
        (self.folder.pids / f"{component.name}.json").unlink(missing_ok=True)
        return process.returncode

    def stop_all(self) -> None:
        """End every component, the last started first."""
        for component in reversed(list(self.components)):
            self.stop(component)

    def memory_mib(self) -> float:
        """Return the memory (PSS where the system tells it, else RSS) of the whole run now."""
        return memory_bytes(os.getpid()) / 2**20

    def remember(self, component: Component) -> None:
        """Write down how to find and end it, for when this process is gone."""
        self.folder.pids.mkdir(parents=True, exist_ok=True)
        facts = {
            "pid": component.process.pid,
            "started": started(component.process.pid),
            "address": component.address,
            "log": str(component.log),
            "order": len(self.components),
        }
        (self.folder.pids / f"{component.name}.json").write_text(json.dumps(facts))
