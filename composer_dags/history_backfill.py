"""By hand: fill the gaps of the hourly history, from a priced plan, within the credits.

`ids` names assets (none: those polled of late), `start` and `end` (UTC) the hours wanted.
Left out are the hours that our own polls cover (the warehouse knows), those that are landed and
those that CoinCap never had (the function knows); a run that would cost more than is left of the
month, or more than `max_credits`, fails before it asks anything.
A partial fetch still goes on to the warehouse: what is landed is rebuilt, only the days touched.
"""

from datetime import timedelta

from airflow.sdk import DAG, Param, task

from coincap_dags.common import DEFAULTS, MANIFEST, NO_WINDOW, batch_steps, load_bigquery
from coincap_dags.operators import RETRY, dbt_build
from coincap_dags.target import current

with DAG(
    dag_id="history_backfill",
    description="Gap ledger, priced plan, fetch, rebuild of the days touched",
    schedule=None,
    params={
        "ids": Param([], type="array", description="CoinCap's asset ids, empty for all"),
        "start": Param("2024-10-01T00:00:00Z", type="string", description="First hour, UTC"),
        "end": Param("2024-10-02T00:00:00Z", type="string", description="End, exclusive, UTC"),
        "max_credits": Param(500, type="integer", minimum=0, description="Most it may cost"),
    },
    tags=["coincap", "backfill"],
    doc_md=__doc__,
    **DEFAULTS,
):

    @task(execution_timeout=timedelta(minutes=5), **RETRY)
    def price(params: dict | None = None) -> list[dict]:
        """Return the ranges still missing; fail where they cost more than allowed."""
        from coincap_dags.backfill import priced_plan

        return priced_plan(current().backfill_url, params)

    @task(execution_timeout=timedelta(minutes=65), **RETRY)
    def fetch(gaps: list[dict]) -> int:
        """Fetch the ranges; return the number of hours landed."""
        from coincap_dags.backfill import fetch_gaps

        return fetch_gaps(current().backfill_url, gaps)

    # The window of arrival is empty: history does not come through Kafka.
    rebuild = batch_steps("rebuild", *NO_WINDOW)
    fetch(price()) >> rebuild >> load_bigquery(MANIFEST) >> dbt_build("dbt_build")
