"""What a check found, in rows: nothing may be lost, doubled or wrong."""

from dataclasses import dataclass, field

NAMED = 8


@dataclass
class Verdict:
    """Counts of one check, with the first few cases named."""

    lost: int = 0
    duplicated: int = 0
    wrong: int = 0
    named: list[str] = field(default_factory=list)

    def add(self, kind: str, count: int, what: str) -> None:
        """Count cases of a kind (lost, duplicated, wrong)."""
        if count > 0:
            setattr(self, kind, getattr(self, kind) + count)
            if len(self.named) < NAMED:
                self.named.append(f"{kind} {int(count)}: {what}"[:300])

    def compare(self, what: str, expected: set, held: set, extra: str = "wrong") -> None:
        """Count expected members that are missing as lost, and others as ``extra``."""
        for kind, missing in (("lost", expected - held), (extra, held - expected)):
            if missing:
                self.add(kind, len(missing), f"{what}: {min(missing, key=str)}")

    @property
    def holds(self) -> bool:
        """Whether nothing is lost, doubled or wrong."""
        return not (self.lost or self.duplicated or self.wrong)

    def __str__(self) -> str:
        return f"lost={self.lost} duplicated={self.duplicated} wrong={self.wrong}"
