"""A cadence: which sweeps run how often, what that costs in a month, as Terraform reads it.

``coincap/credits.json`` holds the named ones: jobs of ``every_minutes`` (a cron text beside
it) and ``sweeps`` of endpoint, scope and rows.
"""

from dataclasses import dataclass

from ingest.credits import call_credits, model, page_rows, sweep_bytes

STEPS = {
    1: "* * * * *", 2: "*/2 * * * *", 3: "*/3 * * * *", 5: "*/5 * * * *", 10: "*/10 * * * *",
    15: "*/15 * * * *", 20: "*/20 * * * *", 30: "*/30 * * * *", 60: "0 * * * *",
    120: "0 */2 * * *", 180: "0 */3 * * *", 240: "0 */4 * * *", 360: "0 */6 * * *",
    480: "0 */8 * * *", 720: "0 */12 * * *", 1440: "0 0 * * *", 10_080: "0 0 * * 1",
    44_640: "0 0 1 * *",
}  # fmt: skip
"""Minutes between runs that a cron text can say, UTC."""


@dataclass(frozen=True)
class Sweep:
    """One sweep of a job: all rows of an endpoint, or of a scope, or its first ``rows``."""

    endpoint: str
    scope: str | None
    rows: int

    @property
    def credits(self) -> int:
        """Expected credits of one run; a head (``exchange~50``) is one call."""
        size = model()["endpoints"][self.endpoint]["bytes_per_row"]
        return sum(call_credits(count * size) for count in self.calls)

    @property
    def calls(self) -> list[int]:
        """Rows of each call of one run."""
        if self.scope and "~" in self.scope:
            return [self.rows]
        return page_rows(self.endpoint, self.rows)

    @property
    def bytes(self) -> int:
        """Expected bytes of one run."""
        return sweep_bytes(self.endpoint, self.rows)


@dataclass(frozen=True)
class Job:
    """Sweeps that run together every so many minutes."""

    every_minutes: int
    sweeps: tuple[Sweep, ...]

    @property
    def runs(self) -> int:
        """Runs in the longest month."""
        return -(-model()["formula"]["minutes_per_month"] // self.every_minutes)

    @property
    def credits(self) -> int:
        """Credits a month."""
        return self.runs * self.credits_per_run

    @property
    def credits_per_run(self) -> int:
        """Expected credits of one run."""
        return sum(sweep.credits for sweep in self.sweeps)


def credits_of(jobs: list[Job]) -> int:
    """Return the credits a month of a whole cadence."""
    return sum(job.credits for job in jobs)


def named(name: str) -> tuple[int, list[Job]]:
    """Return a named default: its budget (credits a month) and its jobs; raises KeyError."""
    content = model()["cadences"][name]
    return content["credits_per_month"], [from_json(job) for job in content["jobs"]]


def from_json(job: dict) -> Job:
    """Return a job from its JSON form."""
    sweeps = tuple(Sweep(s["endpoint"], s.get("scope"), s["rows"]) for s in job["sweeps"])
    return Job(job["every_minutes"], sweeps)


def as_json(job: Job) -> dict:
    """Return a job's JSON form, the cron text included."""
    return {
        "every_minutes": job.every_minutes,
        "cron": STEPS[job.every_minutes],
        "credits_per_run": job.credits_per_run,
        "sweeps": [
            {"endpoint": sweep.endpoint, "scope": sweep.scope, "rows": sweep.rows}
            for sweep in job.sweeps
        ],
    }
