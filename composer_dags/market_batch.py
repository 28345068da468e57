"""Hourly: bronze to silver to candles (Spark), into BigQuery, through dbt to the marts.

The window is the messages' arrival in Kafka during the data interval; the parameters
`arrived_from` and `arrived_to` (UTC, ISO 8601) override it, for a late repair or a demo. Every
task can run again: silver adds what is new, candles and days in BigQuery are replaced whole.
Days of the past that a run touches are rebuilt too, so runs in any order end in the same tables.
"""

from datetime import timedelta

import pendulum
from airflow.sdk import DAG, Param, task

from coincap_dags.operators import RETRY, dbt_build, spark_job
from coincap_dags.target import current

FROM = "{{ params.arrived_from or data_interval_start | ts }}"
TO = "{{ params.arrived_to or data_interval_end | ts }}"
MANIFEST = f"{current().lake}/state/manifests/{{{{ run_id | replace(':', '-') }}}}.json"

with DAG(
    dag_id="market_batch",
    description="Silver, candles, warehouse and marts of one hour",
    schedule="5 * * * *",
    start_date=pendulum.datetime(2021, 1, 1, tz="UTC"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=2),
    default_args={"owner": "data-platform"},
    params={
        "arrived_from": Param("", type="string", description="Start of arrival, UTC"),
        "arrived_to": Param("", type="string", description="End of arrival, exclusive, UTC"),
    },
    tags=["coincap", "batch"],
    doc_md=__doc__,
) as dag:
    spark = spark_job(
        "silver_and_candles",
        "batch",
        ["--lake", current().lake, "--from", FROM, "--to", TO, "--manifest", MANIFEST],
    )

    @task(execution_timeout=timedelta(minutes=30), **RETRY)
    def load_bigquery(manifest: str) -> None:
        """Load the changed days that the manifest lists."""
        from coincap_dags.warehouse import load_changed_days

        load_changed_days(manifest)

    spark >> load_bigquery(MANIFEST) >> dbt_build("dbt_build")
