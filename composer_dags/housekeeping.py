"""Daily: compaction of yesterday's lake, removal of files past their retention.

Delta tables gain small files with every run; OPTIMIZE merges those of the days before today,
VACUUM deletes files that no version of the last week needs (time travel ends there). In
PostgreSQL, daily partitions of samples (2 days) and candles go, and old progress rows; in
BigQuery, tables that a load left behind are dropped.
"""

from datetime import timedelta

from airflow.sdk import DAG, Param, task

from coincap_dags.common import DEFAULTS
from coincap_dags.operators import RETRY, spark_job
from coincap_dags.target import current

with DAG(
    dag_id="housekeeping",
    description="Compaction and retention of lake and warehouse",
    schedule="40 2 * * *",
    params={
        "keep_hours": Param(168, type="integer", minimum=168, description="Time travel, hours"),
        "compact_days": Param(3, type="integer", minimum=1, description="Days back to compact"),
        "candle_days": Param(90, type="integer", minimum=2, description="Days of live candles"),
    },
    tags=["coincap", "maintenance"],
    doc_md=__doc__,
    **DEFAULTS,
):
    arguments = ["--lake", current().lake, "--keep-hours", "{{ params.keep_hours }}"]
    spark_job(
        "compact_and_vacuum", "housekeeping",
        [*arguments, "--compact-days", "{{ params.compact_days }}",
         "--postgres", current().postgres, "--candle-days", "{{ params.candle_days }}"],
    )  # fmt: skip

    @task(execution_timeout=timedelta(minutes=10), **RETRY)
    def drop_leftovers() -> int:
        """Drop the landing tables that a load which died has left; return their number."""
        from coincap_dags.warehouse import drop_leftover_tables

        return drop_leftover_tables()

    drop_leftovers()
