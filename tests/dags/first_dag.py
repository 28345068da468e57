"""A DAG of nothing; see inspect_dags.py."""

from airflow.sdk import DAG, task

with DAG(dag_id="first", schedule=None):

    @task
    def nothing() -> None:
        """Do nothing."""

    nothing()
