"""Hourly: bronze to silver to candles (Spark), into BigQuery, through dbt to the marts.

The window is the messages' arrival in Kafka during the data interval; the parameters
`arrived_from` and `arrived_to` (UTC, ISO 8601) override it, for a late repair or a demo. Every
task can run again: silver adds what is new, candles and days in BigQuery are replaced whole.
Days of the past that a run touches are rebuilt too, so runs in any order end in the same tables.
"""

from airflow.sdk import DAG, Param
from airflow.timetables.interval import CronDataIntervalTimetable

from coincap_dags.common import DEFAULTS, MANIFEST, MARTS, batch_steps, load_bigquery
from coincap_dags.operators import dbt_build

FROM = "{{ params.arrived_from or data_interval_start | ts }}"
TO = "{{ params.arrived_to or data_interval_end | ts }}"

with DAG(
    dag_id="market_batch",
    description="Silver, candles, warehouse and marts of one hour",
    # A cron text alone gives a scheduled run no data interval in Airflow 3.
    schedule=CronDataIntervalTimetable("5 * * * *", timezone="UTC"),
    params={
        "arrived_from": Param("", type="string", description="Start of arrival, UTC"),
        "arrived_to": Param("", type="string", description="End of arrival, exclusive, UTC"),
    },
    tags=["coincap", "batch"],
    doc_md=__doc__,
    **DEFAULTS,
):
    (
        batch_steps("silver_and_candles", FROM, TO)
        >> load_bigquery(MANIFEST)
        >> dbt_build("dbt_build", outlets=[MARTS])
    )
