"""Programs of a run that can be killed, stopped and started again as they were."""

import contextlib
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil

from embedded import family
from embedded.processes import Component, Supervisor, descendants


@dataclass
class Program:
    """One component; ``answers`` says when it is up again, ``options`` how it was started."""

    supervisor: Supervisor
    component: Component
    answers: Callable[[], bool]
    options: dict = field(default_factory=dict)

    def kill(self) -> None:
        """SIGKILL it and everything it started, without a chance to tidy up."""
        kill(self.component)

    def start(self) -> None:
        """Start it again by the same command and wait until it answers."""
        old = self.component
        if old in self.supervisor.components:
            self.supervisor.components.remove(old)
        self.component = self.supervisor.start(
            old.name,
            list(old.process.args),
            address=old.address,
            stop_signal=old.stop_signal,
            **self.options,
        )
        self.supervisor.wait_ready(self.component, self.answers)

    def pause(self) -> None:
        """SIGSTOP it: it keeps its connections and answers nothing."""
        os.kill(self.component.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT it."""
        os.kill(self.component.process.pid, signal.SIGCONT)


def kill(component: Component) -> None:
    """SIGKILL a component with all its descendants and reap it."""
    family.kill(descendants(component.process.pid))
    # Popen knows whether it has ended already, where its id may be another's by now.
    component.process.kill()
    component.process.wait(10)


def with_word(component: Component, word: str) -> list[int]:
    """Return pids of a component's descendants whose command line has the word."""
    found = []
    for process in descendants(component.process.pid):
        # Workers come and go; one that has just ended has no command line.
        with contextlib.suppress(psutil.Error):
            if any(word in part for part in process.cmdline()):
                found.append(process.pid)
    return found
