"""Where the DAGs run: Google Cloud or one laptop, read from the environment in one place."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LOCAL_MASTER = "local[2]"
LOCAL_MEMORY = "2g"


class TargetError(ValueError):
    """The environment does not say where to run; the message names the variable."""


@dataclass(frozen=True)
class Target:
    """All that differs between the cloud and a laptop.

    ``lake`` is a folder or gs://bucket, ``jobs`` the folder or address of the Spark drivers,
    ``dbt_project`` the folder of dbt_project.yml; ``spark_master`` and ``spark_memory`` (of the
    driver, as Java writes sizes) are a laptop's.
    """

    name: str
    project: str
    lake: str
    jobs: str
    dbt: str
    dbt_project: str
    dbt_target_path: str
    backfill_url: str
    replay_url: str
    postgres: str
    region: str = ""
    cluster: str = ""
    spark_submit: str = ""
    spark_jars: str = ""
    spark_master: str = LOCAL_MASTER
    spark_memory: str = LOCAL_MEMORY
    python_path: str = ""

    @property
    def on_gcp(self) -> bool:
        """True on Google Cloud."""
        return self.name == "gcp"

    @property
    def lake_bucket(self) -> str:
        """The lake as BigQuery's load jobs see it; the emulator maps gs://lake on the folder."""
        return self.lake if "://" in self.lake else f"gs://{Path(self.lake).name}"


def current(environment: Mapping[str, str] = os.environ) -> Target:
    """Return the target that ``COINCAP_TARGET`` names, ``local`` where it is not set.

    Raises TargetError for another name, and on Google Cloud for a variable that is missing.
    """
    name = environment.get("COINCAP_TARGET", "local")
    if name == "gcp":
        return _gcp(environment)
    if name == "local":
        return _local(environment)
    raise TargetError(f"COINCAP_TARGET is {name!r}; set it to local or gcp")


def _gcp(environment: Mapping[str, str]) -> Target:
    needed = (
        "COINCAP_PROJECT",
        "COINCAP_LAKE",
        "COINCAP_JOBS",
        "COINCAP_REGION",
        "COINCAP_CLUSTER",
    )
    missing = [name for name in needed if not environment.get(name)]
    if missing:
        raise TargetError(f"COINCAP_TARGET is gcp, but {', '.join(missing)} is not set")
    return Target(
        name="gcp",
        project=environment["COINCAP_PROJECT"],
        lake=environment["COINCAP_LAKE"],
        jobs=environment["COINCAP_JOBS"],
        dbt=environment.get("COINCAP_DBT", "dbt"),
        dbt_project=str(Path(__file__).resolve().parents[1] / "dbt"),
        dbt_target_path=environment.get("COINCAP_DBT_TARGET_PATH", ""),
        backfill_url=environment.get("COINCAP_BACKFILL_URL", ""),
        replay_url=environment.get("COINCAP_REPLAY_URL", ""),
        postgres=environment.get("COINCAP_POSTGRES", ""),
        region=environment["COINCAP_REGION"],
        cluster=environment["COINCAP_CLUSTER"],
    )


def _local(environment: Mapping[str, str]) -> Target:
    root = Path(environment.get("COINCAP_REPO") or Path(__file__).resolve().parents[2])
    return Target(
        name="local",
        project=environment.get("COINCAP_PROJECT", "coincap-local"),
        lake=environment.get("COINCAP_LAKE", str(root / "build" / "lake")),
        jobs=str(root / "dataproc_jobs"),
        dbt=environment.get("COINCAP_DBT", "dbt"),
        dbt_project=str(root / "dbt"),
        dbt_target_path=environment.get("COINCAP_DBT_TARGET_PATH", ""),
        backfill_url=environment.get("COINCAP_BACKFILL_URL", ""),
        replay_url=environment.get("COINCAP_REPLAY_URL", ""),
        postgres=environment.get("COINCAP_POSTGRES_DSN", ""),
        spark_submit=environment.get("COINCAP_SPARK_SUBMIT", "spark-submit"),
        spark_jars=environment.get("COINCAP_SPARK_JARS", ""),
        spark_master=environment.get("COINCAP_SPARK_MASTER") or LOCAL_MASTER,
        spark_memory=environment.get("COINCAP_SPARK_MEMORY") or LOCAL_MEMORY,
        python_path=f"{root / 'functions'}:{root / 'dataproc_jobs'}",
    )
