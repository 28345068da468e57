"""Faults on request: by option, by control path, by request header ``X-Sim-Fault``."""

import random
import threading
from dataclasses import dataclass

NAMES = (
    "latency",
    "timeout",
    "cut_body",
    "html",
    "error_in_200",
    "data_object",
    "not_utf8",
    "huge_body",
    "deep_body",
    "redirect",
    "server_error",
    "echo_key",
    "burst_429",
    "spent_429",
    "spent_403",
    "unauthorized",
    "farewell",
    "malformed_rows",
    "new_field",
    "removed_field",
    "changed_type",
)
"""Everything that can be switched on."""

MALFORMED = (
    '"not an object"',
    '{"exchangeId":"sim-broken"}',
    '{"id":"sim-broken","exchangeId":"sim-broken","rank":"NaN"}',
    "null",
    "[1e400]",
)
"""Rows that no contract accepts, put in turn in the place of every fiftieth row."""


@dataclass
class Fault:
    """One fault: how likely a request meets it, how many more times it may strike."""

    rate: float = 1.0
    count: int | None = None
    seconds: float = 1.0


class Faults:
    """The faults that are on. Thread safe; its draws come from the seed."""

    def __init__(self, seed: int):
        self._lock, self._draw = threading.Lock(), random.Random(f"{seed}/faults")
        self._on: dict[str, Fault] = {}

    def set(self, faults: dict) -> None:
        """Replace all faults: ``{"cut_body": 0.1}`` or ``{"latency": {"rate", "count", …}}``.

        Raises ValueError for an unknown name.
        """
        made = {}
        for name, spec in faults.items():
            if name not in NAMES:
                raise ValueError(f"unknown fault {name!r}: use {', '.join(NAMES)}")
            made[name] = Fault(**spec) if isinstance(spec, dict) else Fault(float(spec))
        with self._lock:
            self._on = made

    def strike(self, header: str | None) -> dict[str, Fault]:
        """Return the faults that this request meets."""
        with self._lock:
            met = {name: Fault() for name in (header or "").split(",") if name in NAMES}
            for name, fault in self._on.items():
                if fault.count != 0 and self._draw.random() < fault.rate:
                    fault.count = None if fault.count is None else fault.count - 1
                    met[name] = fault
            return met


def spoil_rows(rows: bytes, met: dict[str, Fault]) -> tuple[bytes, int]:
    """Return a page's rows with malformed ones or drift in it, and how many are malformed."""
    if "new_field" in met:
        rows = rows.replace(b'"rank":', b'"simNewField":1.50,"rank":')
    if "removed_field" in met:
        rows = rows.replace(b'"rank":', b'"formerRank":')
    if "changed_type" in met:
        rows = rows.replace(b'"rank":"', b'"rank":[],"formerRank":"')
    if "malformed_rows" not in met or not rows:
        return rows, 0
    lines = rows[1:-1].split(b"},{")
    added = 0
    for number in range(1, len(lines), 50):
        lines[number] = MALFORMED[added % len(MALFORMED)].encode()
        added += 1
    broken = {MALFORMED[number % len(MALFORMED)].encode() for number in range(added)}
    return b",".join(line if line in broken else b"{" + line + b"}" for line in lines), added
