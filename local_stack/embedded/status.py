"""What `demo status` prints: one line per component of a kept stack."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from embedded import health
from embedded.family import memory_bytes
from embedded.kept import START, STOP, Kept, kept
from embedded.places import RunFolder
from embedded.processes import last_line
from embedded.remembered import remembered


@dataclass(frozen=True)
class Line:
    """One component: ``health`` is one word, ``why`` the reason where it is not well.

    ``port`` may be empty; ``memory_mib`` counts what it started too.
    """

    name: str
    port: str
    health: str
    behind: str
    memory_mib: float
    why: str = ""

    @property
    def well(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.health == health.OK


def lines(folder: RunFolder, stack: Kept | None) -> list[Line]:
    """Return every component that runs or should run, in the order of their start."""
    alive = dict(reversed(remembered(folder)))
    expected = stack.components if stack else []
    names = [*alive, *(name for name in expected if name not in alive)]

    def look(name: str) -> Line:
        if name not in alive:
            return Line(name, "", "ended", "", 0, last_line(folder.logs / f"{name}.log"))
        facts = alive[name]
        address, memory = facts["address"], memory_bytes(facts["pid"]) / 2**20
        if not stack or not stack.ready:
            return Line(name, port(address), "started", "", memory)
        word, why = health.health(name, address, stack)
        lag = health.behind(name, address, stack, folder)
        return Line(name, port(address), word, lag, memory, why)

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(look, names))


def port(address: str) -> str:
    """Return the port of host:port or of an http address."""
    found = re.search(r":(\d+)(?:/|$)", address)
    return found.group(1) if found else ""


def show(folder: RunFolder, console: Console) -> int:
    """Print the table; return 0 where all is well, 1 where nothing runs or something is wrong."""
    stack, alive = kept(folder), remembered(folder)
    if not alive:
        console.print(_nothing(folder, stack), highlight=False, soft_wrap=True)
        return 1
    found = lines(folder, stack)
    console.print(_table(found))
    for text in _notes(folder, stack, found):
        console.print(text, highlight=False, soft_wrap=True)
    return 0 if stack and stack.ready and all(line.well for line in found) else 1


def _nothing(folder: RunFolder, stack: Kept | None) -> str:
    why = ""
    if stack:
        cause = "the machine was restarted" if stack.before_this_boot else "all of it ended"
        why = f": the stack of {stack.began} is gone, {cause}"
    return f"nothing runs in {folder.root}{why}; start it: {START}"


def _table(found: list[Line]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("component", no_wrap=True)
    table.add_column("port", justify="right", no_wrap=True)
    table.add_column("memory", justify="right", no_wrap=True)
    table.add_column("health", no_wrap=True)
    table.add_column("lag", no_wrap=True)
    for line in found:
        colour = "green" if line.well else "yellow" if line.health == "started" else "red"
        table.add_row(
            line.name,
            line.port,
            f"{line.memory_mib:,.0f} MiB",
            f"[{colour}]{line.health}[/]",
            line.behind,
        )
    table.add_row("together", "", f"{sum(line.memory_mib for line in found):,.0f} MiB", "", "")
    return table


def _notes(folder: RunFolder, stack: Kept | None, found: list[Line]) -> list[str]:
    if not stack or not stack.ready:
        return [f"half a stack: its start was cut off. End it with {STOP}, then start again."]
    notes = [f"{name:<8}{url}" for name, url in stack.pages.items()]
    for line in found:
        if not line.well:
            notes.append(
                f"{line.name} {line.health}: {escape(line.why)} "
                f"(./local_stack/demo logs {line.name}; {STOP} ends all)"
            )
    if said := health.slept(folder):
        notes.append(said)
    return notes
