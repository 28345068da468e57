#!/usr/bin/env bash
# Runs one Airflow process. Secrets come from the volume that the first start fills, and the
# jars of spark-submit are whatever the image holds.
set -euo pipefail

secrets=/run/coincap/secrets
AIRFLOW__API_AUTH__JWT_SECRET=$(<"$secrets/airflow_jwt")
AIRFLOW__API__SECRET_KEY=$(<"$secrets/airflow_key")
AIRFLOW__DATABASE__SQL_ALCHEMY_CONN="postgresql+psycopg2://airflow:$(<"$secrets/airflow")@postgres:5432/airflow"
COINCAP_SPARK_JARS=$(printf ',%s' /opt/coincap/jars/*.jar)
COINCAP_SPARK_JARS=${COINCAP_SPARK_JARS#,}
export AIRFLOW__API_AUTH__JWT_SECRET AIRFLOW__API__SECRET_KEY
export AIRFLOW__DATABASE__SQL_ALCHEMY_CONN COINCAP_SPARK_JARS

exec airflow "$@"
