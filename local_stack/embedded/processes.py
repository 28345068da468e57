"""Starts components, waits until they answer, and ends exactly what it started."""

import contextlib
import ctypes
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

import psutil

from embedded.errors import StackError
from embedded.places import RunFolder

_PR_SET_PDEATHSIG = 1


def free_port() -> int:
    """Return a loopback port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


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
                env={**os.environ, **(env or {})},
                cwd=cwd,
                user=user,
                start_new_session=True,
                preexec_fn=None if self.keep else _die_with_parent,
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
        _kill_group(process.pid)
        _kill(family)
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
            "started": psutil.Process(component.process.pid).create_time(),
            "address": component.address,
            "log": str(component.log),
            "order": len(self.components),
        }
        (self.folder.pids / f"{component.name}.json").write_text(json.dumps(facts))


def remembered(folder: RunFolder) -> list[tuple[str, dict]]:
    """Return (name, facts) of the components of a kept run that are alive, newest first.

    A pid file whose process is gone, or whose pid now belongs to another program, is removed.
    """
    alive = []
    for file in folder.pids.glob("*.json"):
        with contextlib.suppress(psutil.NoSuchProcess, ValueError):
            facts = json.loads(file.read_text())
            process = psutil.Process(facts["pid"])
            same = abs(process.create_time() - facts["started"]) < 1
            if same and process.status() != psutil.STATUS_ZOMBIE:
                alive.append((file.stem, facts))
                continue
        file.unlink(missing_ok=True)
    return sorted(alive, key=lambda item: -item[1]["order"])


def end_remembered(folder: RunFolder, patience_s: float = 30) -> list[str]:
    """End what a kept run left running; return the names."""
    ended = []
    for name, facts in remembered(folder):
        family = descendants(facts["pid"])
        # It may have ended by itself since it was listed: with a component that it needs.
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(facts["pid"])
            process.terminate()
            _wait_ended(process, patience_s)
        _kill_group(facts["pid"])
        _kill(family)
        (folder.pids / f"{name}.json").unlink(missing_ok=True)
        ended.append(name)
    return ended


def _wait_ended(process: psutil.Process, seconds: float) -> None:
    """Wait until a process of another parent has ended; a zombie has, whoever must reap it."""
    deadline = time.monotonic() + seconds
    with contextlib.suppress(psutil.NoSuchProcess):
        while process.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
            time.sleep(0.1)


def descendants(pid: int) -> list[psutil.Process]:
    """Return what a process started, also in sessions of their own (Airflow's tasks)."""
    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).children(recursive=True)
    return []


def _kill(family: list[psutil.Process]) -> None:
    for process in family:
        with contextlib.suppress(psutil.Error):
            process.kill()


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _die_with_parent() -> None:
    """Ask Linux to end this child when the runner dies, however it dies."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def memory_bytes(pid: int) -> int:
    """Return the bytes of a process and of all that it started, directly or not."""
    total = 0
    with contextlib.suppress(psutil.Error):
        top = psutil.Process(pid)
        for process in [top, *top.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                total += getattr(process.memory_full_info(), "pss", process.memory_info().rss)
    return total
