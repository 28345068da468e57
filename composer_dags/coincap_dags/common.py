"""What every DAG of the project has in common, and the tasks that several share."""

from datetime import timedelta

import pendulum
from airflow.sdk import Asset, task

from coincap_dags.operators import ALONE, RETRY, spark_job
from coincap_dags.target import current

DEFAULTS = {
    "start_date": pendulum.datetime(2021, 1, 1, tz="UTC"),
    "catchup": False,
    "max_active_runs": 1,
    "dagrun_timeout": timedelta(hours=2),
    "default_args": {"owner": "data-platform", "pool": "default_pool"},
}
MARTS = Asset("coincap_marts")
"""Updated whenever dbt has rebuilt the marts.

A name, not an address: for the scheme of one Airflow imports every provider, two seconds per parse.
"""

MANIFEST = f"{current().lake}/state/manifest.json"
"""One for all runs: a load that is cleared, or overtaken, then brings the newest state of the lake.

With one per run, an old run's load would put back the days as they were.
"""

NO_WINDOW = ("1970-01-01T00:00:00Z", "1970-01-01T00:00:01Z")
"""A window of arrival that holds nothing, for steps that do not read bronze."""


def batch_steps(task_id: str, start: str, end: str, steps: str = "", extra: tuple[str, ...] = ()):
    """Return the Spark task that runs steps of the batch and writes the manifest.

    ``start`` and ``end`` bound the arrival of what is read again; both empty: what is new.
    """
    # One word each: an empty word of its own is easily lost on the way to a driver.
    arguments = ["--lake", current().lake, f"--from={start}", f"--to={end}", "--manifest", MANIFEST]
    arguments += ["--steps", steps] if steps else []
    return spark_job(task_id, "batch", [*arguments, *extra])


@task(execution_timeout=timedelta(minutes=30), **RETRY, **ALONE)
def load_bigquery(manifest: str) -> None:
    """Load the changed days that the manifest lists."""
    from coincap_dags.warehouse import load_changed_days

    load_changed_days(manifest)


@task.short_circuit(execution_timeout=timedelta(minutes=5), **RETRY)
def is_loaded() -> bool:
    """Skip the rest of the run where market_batch has loaded nothing yet: after a deployment."""
    from coincap_dags.warehouse import has_loads

    return has_loads()
