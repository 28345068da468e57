"""What the commands need of a place where the stream runs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from coincap_jobs.errors import JobError


@dataclass(frozen=True)
class State:
    """What a command found: one line, and its exit code (0 it runs or ended well)."""

    line: str
    code: int


class Target(Protocol):
    """A place where the stream runs. Each method raises JobError with the way out."""

    def submit(self, arguments: list[str], job: Path | None) -> str:
        """Start the stream, with the newest submit's arguments where none are given."""

    def status(self) -> State:
        """Say whether the stream runs; code 1 where it does not."""

    def stop(self, patience_s: float) -> str:
        """End the stream and wait until it has ended; no error where none runs."""

    def wait(self, patience_s: float) -> State:
        """Wait until the stream ends (0: any time); code 0 only where it ended as asked."""

    def rewind(self, choice: list[str]) -> str:
        """Run rewind.py with the newest submit's database and checkpoints."""


def option(arguments: list[str], name: str) -> str:
    """Return the value of an option of stream.py among its arguments."""
    for number, word in enumerate(arguments):
        if word == name and number + 1 < len(arguments):
            return arguments[number + 1]
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
    raise JobError(f"the newest submit has no {name}; submit once with all arguments")


def rewind_arguments(arguments: list[str], choice: list[str]) -> list[str]:
    """Return rewind.py's arguments for a stream that was submitted with ``arguments``."""
    names = ("--postgres", "--checkpoint")
    return [*(word for name in names for word in (name, option(arguments, name))), *choice]
