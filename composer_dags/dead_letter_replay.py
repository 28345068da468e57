"""By hand: publish refused rows again that the contract accepts by now.

Choose by `reason` (a case of the schema's rules) and by time (`since`, `until`, UTC); empty
means all. The function checks each row again, publishes what passes and marks it as replayed;
the tables know a message again, so a second run doubles nothing.
"""

from datetime import timedelta

from airflow.sdk import DAG, Param, task

from coincap_dags.common import DEFAULTS
from coincap_dags.operators import RETRY
from coincap_dags.target import current

with DAG(
    dag_id="dead_letter_replay",
    description="Publish refused rows that pass now",
    schedule=None,
    params={
        "reason": Param("", type="string", description="Reason code, empty for all"),
        "since": Param("", type="string", description="Refused from, UTC, empty for all"),
        "until": Param("", type="string", description="Refused before, UTC, empty for all"),
    },
    tags=["coincap", "quality"],
    doc_md=__doc__,
    **DEFAULTS,
):

    @task(execution_timeout=timedelta(minutes=65), **RETRY)
    def replay(params: dict | None = None) -> dict:
        """Replay the chosen rows; return how many were published and how many still fail."""
        from coincap_dags.functions import call

        chosen = {name: value for name, value in params.items() if value}
        return call("replay", current().replay_url, chosen)

    replay()
