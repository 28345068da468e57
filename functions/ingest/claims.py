"""Claims: which worker does a tick, and how far it got.

``ticks/<endpoint>/<snapshot_id>.json`` is created only if absent and carries a lease. Whoever
finds an expired lease takes over; both then write raw pages only if absent, so that the
snapshot has one content whoever wins.
"""

import json
import uuid
from dataclasses import dataclass, field

from ingest.lake import Lake
from ingest.tick import Tick

OPEN, FETCHED, DONE = "open", "fetched", "done"


@dataclass
class Claim:
    """State of one tick: ``open`` (paging), ``fetched`` (pages complete), ``done`` (published).

    ``tries`` counts the workers that took it; ``facts`` is what the fetch left for later.
    """

    tick: Tick
    owner: str
    state: str = OPEN
    tries: int = 1
    lease_until_ms: int = 0
    facts: dict = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Name of the claim's object."""
        return path(self.tick)


def path(tick: Tick) -> str:
    """Return the name of a tick's claim in the lake."""
    return f"ticks/{tick.endpoint}/{tick.snapshot_id}.json"


def take(lake: Lake, tick: Tick, now_ms: int, lease_s: float) -> Claim | None:
    """Claim a tick; return None while another worker's lease runs.

    A tick that is done is returned as it is: its summary stands in ``facts``.
    """
    owner, taken = uuid.uuid4().hex, []

    def change(old: bytes | None) -> bytes | None:
        taken.clear()
        claim = _read(tick, old, owner) if old else Claim(tick, owner)
        if old and claim.state != DONE and claim.lease_until_ms > now_ms:
            return None
        taken.append(claim)
        if claim.state == DONE:
            return None
        claim.tries += 1 if old else 0
        claim.lease_until_ms = now_ms + int(lease_s * 1000)
        return _write(claim)

    lake.update(path(tick), change)
    return taken[0] if taken else None


def save(lake: Lake, claim: Claim, state: str) -> None:
    """Advance a claim; done stays done whoever writes later."""

    def change(old: bytes | None) -> bytes | None:
        if old and json.loads(old)["state"] == DONE:
            return None
        claim.state = state
        return _write(claim)

    lake.update(claim.path, change)


def release(lake: Lake, claim: Claim) -> None:
    """Give a tick back at once, for the scheduler's retry."""
    claim.lease_until_ms = 0
    save(lake, claim, claim.state)


def _read(tick: Tick, content: bytes, owner: str) -> Claim:
    stored = json.loads(content)
    return Claim(
        tick, owner, stored["state"], stored["tries"], stored["lease_until_ms"], stored["facts"]
    )


def _write(claim: Claim) -> bytes:
    content = {
        "snapshot_id": claim.tick.snapshot_id,
        "state": claim.state,
        "tries": claim.tries,
        "owner": claim.owner,
        "lease_until_ms": claim.lease_until_ms,
        "facts": claim.facts,
    }
    return json.dumps(content, indent=1).encode()
