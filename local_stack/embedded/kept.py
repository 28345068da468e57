"""What a kept stack leaves about itself: stack.json beside its data."""

import json
from dataclasses import asdict, dataclass, field

from embedded.errors import StackError
from embedded.identity import boot
from embedded.places import RunFolder
from embedded.remembered import remembered

START = "./local_stack/demo --keep"
STOP = "./local_stack/demo stop"


@dataclass(frozen=True)
class Kept:
    """Addresses of a kept stack and the components it should have.

    ``began`` is UTC (ISO 8601), ``booted`` which start of the machine it ran in; ``ready``
    is false until everything runs.
    """

    began: str
    booted: str
    ready: bool = False
    dsn: str = ""
    bootstrap: str = ""
    warehouse: str = ""
    pages: dict[str, str] = field(default_factory=dict)
    components: list[str] = field(default_factory=list)

    def save(self, folder: RunFolder) -> None:
        """Write it, whole or not at all."""
        partial = folder.root / "stack.partial"
        partial.write_text(json.dumps(asdict(self), indent=2), "utf-8")
        partial.replace(folder.root / "stack.json")

    @property
    def before_this_boot(self) -> bool:
        """Whether the machine was restarted since: then nothing of it can run."""
        return boot() != self.booted


def kept(folder: RunFolder) -> Kept | None:
    """Return what a kept stack left, None where there is none or it cannot be read."""
    try:
        return Kept(**json.loads((folder.root / "stack.json").read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def running(folder: RunFolder) -> Kept:
    """Return the kept stack that runs; raises StackError where there is none, or half of one."""
    found = kept(folder)
    if not remembered(folder):
        raise StackError(f"nothing runs in {folder.root}; start it: {START}")
    if not found or not found.ready:
        raise StackError(
            f"{folder.root}: the start was cut off half way; end what is left with {STOP}, then "
            "start again"
        )
    return found


def forget(folder: RunFolder) -> None:
    """Remove what was left."""
    (folder.root / "stack.json").unlink(missing_ok=True)
