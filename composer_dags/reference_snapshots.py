"""Daily: the history of assets, rates and exchanges (SCD2) and the dimensions made of it.

market_batch keeps them too, hour by hour; this run is the one that must not be missing: a
version that lasted a day is recorded even while the hourly run is paused. It also checks that
the raw tables are fresh, and fails where they are not.
"""

from airflow.sdk import DAG

from coincap_dags.common import DEFAULTS
from coincap_dags.operators import dbt, dbt_build

with DAG(
    dag_id="reference_snapshots",
    description="Snapshots and dimensions of one day",
    schedule="20 0 * * *",
    tags=["coincap", "warehouse"],
    doc_md=__doc__,
    **DEFAULTS,
):
    snapshots = "latest_assets latest_rates latest_exchanges resource_type:snapshot"
    dimensions = "dim_assets dim_rates dim_exchanges"
    dbt_build("snapshots", select=f"{snapshots} {dimensions}") >> dbt(
        "freshness", "source freshness"
    )
