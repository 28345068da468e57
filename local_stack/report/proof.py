"""The proof that nothing was lost or doubled, and the other facts of the run (summary.json)."""

from dataclasses import dataclass

COUNTS = ("published", "stored", "dead_lettered", "missing", "duplicates", "wrong")


@dataclass(frozen=True)
class Proof:
    """Totals over the topics; ``holds`` only where every message is accounted for, once."""

    topics: list[dict]
    published: int
    stored: int
    dead_lettered: int
    missing: int
    duplicates: int
    wrong: int

    @property
    def holds(self) -> bool:
        """Whether published = stored ∪ dead-lettered for every key, without a duplicate."""
        accounted = all(
            int(topic["published"]) <= int(topic["stored"]) + int(topic["dead_lettered"])
            for topic in self.topics
        )
        failed = self.missing or self.duplicates or self.wrong
        return bool(self.topics) and accounted and not failed


def proof(summary: dict | None) -> Proof:
    """Return the proof of a run's summary; empty where there is none."""
    topics = list((summary or {}).get("topics") or [])
    totals = {name: sum(int(topic.get(name) or 0) for topic in topics) for name in COUNTS}
    return Proof(topics=topics, **totals)


def dbt_results(summary: dict | None) -> list[dict]:
    """Return how many models, tests and so on dbt ran and how many of them passed."""
    dbt = (summary or {}).get("dbt") or {}
    return [
        {"kind": kind, "run": count, "passed": dbt.get(f"{kind}_passed", 0)}
        for kind, count in dbt.items()
        if not kind.endswith("_passed") and isinstance(count, int)
    ]


def stages(summary: dict | None) -> list[dict]:
    """Return the stages of the run with their duration in seconds."""
    return [stage for stage in (summary or {}).get("stages") or [] if "name" in stage]
