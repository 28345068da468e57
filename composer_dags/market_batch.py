"""Hourly: bronze to silver to candles (Spark), into BigQuery, through dbt to the marts.

A run takes what bronze has gained since the last one that ended well, not what arrived in its
hour: so a message that is archived late, a run that failed and an hour that was skipped are made
up for by the next. For a repair, `arrived_from` and `arrived_to` (UTC, ISO 8601) make a run read
again what arrived in Kafka then. Every task can run again: silver adds what it lacks, candles and
days in BigQuery are replaced whole. Days of the past that a run touches are rebuilt too, so runs
in any order end in the same tables.
"""

from airflow.sdk import DAG, Param
from airflow.timetables.interval import CronDataIntervalTimetable

from coincap_dags.common import DEFAULTS, MANIFEST, MARTS, batch_steps, load_bigquery
from coincap_dags.operators import dbt_build

FROM, TO = "{{ params.arrived_from }}", "{{ params.arrived_to }}"
"""Both empty: no window."""

with DAG(
    dag_id="market_batch",
    description="Silver, candles, warehouse and marts of one hour",
    # A cron text alone gives a scheduled run no data interval, by which people name its hour.
    schedule=CronDataIntervalTimetable("5 * * * *", timezone="UTC"),
    params={
        "arrived_from": Param("", type="string", description="Repair: start of arrival, UTC"),
        "arrived_to": Param("", type="string", description="Repair: its end, exclusive, UTC"),
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
