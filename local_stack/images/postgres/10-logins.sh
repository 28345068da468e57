#!/usr/bin/env bash
# On the first start: logins for writer, reader and Airflow's own database, with the passwords of the volume.
# The groups are those of dataproc_jobs/migrations.
set -euo pipefail

export secrets=/run/coincap/secrets
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
\set writer `cat "$secrets/writer"`
\set reader `cat "$secrets/reader"`
\set airflow `cat "$secrets/airflow"`
create role market_reader nologin;
create role market_writer nologin;
create role coincap_writer login password :'writer' in role market_writer;
create role coincap_reader login password :'reader' in role market_reader;
alter role coincap_reader set search_path = market;
alter role coincap_reader set statement_timeout = '30s';
create role airflow login password :'airflow';
create database airflow owner airflow;
SQL
