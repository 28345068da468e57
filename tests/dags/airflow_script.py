"""Runs a script with Airflow's own interpreter, with the settings of either target."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DAGS = ROOT / "composer_dags"

LOCAL = {
    "COINCAP_TARGET": "local",
    "COINCAP_REPO": str(ROOT),
    "COINCAP_LAKE": "/data/lake",
    "COINCAP_SPARK_SUBMIT": "/env/bin/spark-submit",
    "COINCAP_SPARK_JARS": "a.jar,b.jar",
    "COINCAP_DBT": "/env/bin/dbt",
}
GCP = {
    "COINCAP_TARGET": "gcp",
    "COINCAP_PROJECT": "demo",
    "COINCAP_LAKE": "gs://demo-lake",
    "COINCAP_JOBS": "gs://demo-code/jobs/abc",
    "COINCAP_REGION": "europe-west3",
    "COINCAP_CLUSTER": "coincap-batch",
}


def airflow_python() -> str:
    """Airflow's interpreter, installed on first use."""
    from embedded.environments import python

    return python("airflow")


def run_airflow(
    script: list[str], target: dict[str, str], home: Path
) -> subprocess.CompletedProcess:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("COINCAP_")}
    settings = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        # A cold import of the Google provider takes longer than the default on a busy machine.
        "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "250",
        "PYTHONPATH": str(DAGS),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(
        [airflow_python(), "-W", "ignore", *script],
        env={**inherited, **settings, **target},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
