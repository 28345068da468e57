#!/usr/bin/env bash
# Start-up of the small Airflow machine (profile lean) on Container-Optimized OS; follows
# scripts/lib.sh in one file. The same DAGs as on Composer, copied from the bucket every
# minute. Airflow's own database is a file on the machine's data disk.

DATA="${DATA:-/mnt/disks/airflow}"
DISK="${DISK:-/dev/disk/by-id/google-airflow-data}"
export HOME="${AIRFLOW_HOME_DIR:-/var/lib/coincap}"

mount_data() {
  mount_disk "$DISK" "$DATA"
  mkdir -p "$DATA/dags" "$DATA/logs" "$HOME"
}

write_environment() {
  [[ -f "$DATA/secret" ]] || random_password >"$DATA/secret"
  {
    setting environment
    echo # the attribute's last line has no end
    echo "AIRFLOW_HOME=$DATA"
    echo "COINCAP_DBT=$DATA/dbt/bin/dbt"
    echo "AIRFLOW__CORE__EXECUTOR=LocalExecutor"
    echo "AIRFLOW__CORE__PARALLELISM=4"
    echo "AIRFLOW__CORE__LOAD_EXAMPLES=False"
    echo "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION=False"
    echo "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS=True"
    echo "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=sqlite:///$DATA/airflow.db"
    echo "AIRFLOW__API_AUTH__JWT_SECRET=$(cat "$DATA/secret")"
    echo "AIRFLOW__API__SECRET_KEY=$(cat "$DATA/secret")"
    echo "AIRFLOW__API__WORKERS=1"
  } >"$DATA/environment"
  setting sync-script >"$DATA/sync.py"
  chown -R 50000:0 "$DATA"
  chmod 600 "$DATA/environment" "$DATA/secret"
}

airflow() {
  local name="$1"
  shift
  remove_container "airflow-$name"
  docker run --name "airflow-$name" --network host --user 50000:0 --volume "$DATA:$DATA" \
    --log-opt max-size=20m --log-opt max-file=2 --env-file "$DATA/environment" "$@"
}

# dbt and Airflow disagree on their dependencies: dbt has an environment of its own.
install_dbt() {
  local index
  bucket_get "$(setting code-bucket)" airflow/dags/dbt/requirements.txt "$DATA/dbt-requirements.txt"
  index="$(setting python-index)"
  index="https://oauth2accesstoken:$(access_token)@${index#https://}"
  PIP_INDEX_URL="$index" airflow dbt --rm --env PIP_INDEX_URL "$1" bash -c \
    "python -m venv '$DATA/dbt' && '$DATA/dbt/bin/pip' install --quiet --require-hashes --requirement '$DATA/dbt-requirements.txt'"
}

main() {
  local image
  mount_data
  write_environment
  docker-credential-gcr configure-docker --registries="$(setting image-registry)"
  image="$(setting airflow-image)"
  airflow migrate --rm "$image" airflow db migrate
  install_dbt "$image"
  airflow sync --detach --restart always --env "CODE_BUCKET=$(setting code-bucket)" "$image" python "$DATA/sync.py"
  airflow scheduler --detach --restart always "$image" airflow scheduler
  airflow dag-processor --detach --restart always "$image" airflow dag-processor
  airflow triggerer --detach --restart always "$image" airflow triggerer
  # Only from this machine: operators come through Identity-Aware Proxy's SSH tunnel.
  airflow api --detach --restart always "$image" airflow api-server --host 127.0.0.1 --port 8080
  log "Airflow started"
}

trap begin_again EXIT
main
