"""After each rebuild of the marts: the live tables against the lake, per hour.

First the candles that the stream queued for a rebuild (samples older than its window) are made
anew from silver and put into PostgreSQL; then the live candles' counts and sums per hour go to
the lake and the warehouse, where `recon_stream_batch` holds them against the batch's. The lake's
candles by the hour go to PostgreSQL, for charts over more than a week. Before the first load
there is nothing to compare, and the run is skipped.
"""

from airflow.sdk import DAG

from coincap_dags.common import (
    DEFAULTS,
    MANIFEST,
    MARTS,
    NO_WINDOW,
    batch_steps,
    is_loaded,
    load_bigquery,
)
from coincap_dags.operators import dbt_build
from coincap_dags.target import current

with DAG(
    dag_id="reconcile",
    description="Rebuild queued candles, compare stream and batch",
    schedule=[MARTS],
    tags=["coincap", "quality"],
    doc_md=__doc__,
    **DEFAULTS,
):
    # The run follows an update, not a date, so there is no interval to take a window from.
    live = batch_steps(
        "rebuilds_and_live_figures", *NO_WINDOW, "rebuilds,live,roll_ups",
        extra=("--postgres", current().postgres),
    )  # fmt: skip
    compare = dbt_build("compare", select="recon_stream_batch+ slo_serving_freshness+")
    is_loaded() >> live >> load_bigquery(MANIFEST) >> compare
