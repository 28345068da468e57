"""Daily: the history of assets, rates and exchanges (SCD2) and the dimensions made of it.

It works on what is loaded: `market_batch` does the same each hour after its load, so this run
matters where an hourly dbt build failed before it came to the snapshots, and adds nothing while
nothing is loaded. What it is for is the check that the raw tables are fresh: it fails where they
are not, also when `market_batch` no longer runs. Before the first load it is skipped.
"""

from airflow.sdk import DAG

from coincap_dags.common import DEFAULTS, is_loaded
from coincap_dags.operators import dbt, dbt_build

with DAG(
    dag_id="reference_snapshots",
    description="Snapshots and dimensions of one day",
    schedule="20 0 * * *",
    tags=["coincap", "warehouse"],
    doc_md=__doc__,
    **DEFAULTS,
):
    # With what the dimensions are made of: states per day that are older than the load log
    # would make a history without the days loaded since.
    history = "+resource_type:snapshot +dim_assets +dim_rates +dim_exchanges"
    build = dbt_build("snapshots", select=history)
    is_loaded() >> build >> dbt("freshness", "source freshness")
