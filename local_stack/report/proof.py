"""The proof that nothing was lost or doubled, and the other facts of the run (summary.json)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Proof:
    """Totals over the topics; ``holds`` only where every message is accounted for, once."""

    topics: list[dict]
    published: int
    stored: int
    dead_lettered: int
    missing: int
    duplicates: int

    @property
    def holds(self) -> bool:
        """Whether published = stored ∪ dead-lettered for every key, without a duplicate."""
        return bool(self.topics) and not self.missing and not self.duplicates


def proof(summary: dict | None) -> Proof:
    """Return the proof of a run's summary; empty where there is none."""
    topics = list((summary or {}).get("topics") or [])
    totals = {
        name: sum(int(topic.get(name) or 0) for topic in topics)
        for name in ("published", "stored", "dead_lettered", "missing", "duplicates")
    }
    return Proof(topics=topics, **totals)


def stages(summary: dict | None) -> list[dict]:
    """Return the stages of the run with their duration in seconds."""
    return [stage for stage in (summary or {}).get("stages") or [] if "name" in stage]
