#!/usr/bin/env bash
# Start-up of a broker on Container-Optimized OS; follows scripts/lib.sh in one file. Runs at
# every boot: what is there already is kept (data disk, passwords, certificates).

DATA="${DATA:-/mnt/disks/kafka}"
DISK="${DISK:-/dev/disk/by-id/google-kafka-data}"
export HOME="${KAFKA_HOME_DIR:-/var/lib/coincap}"
TLS="$DATA/tls"
CONFIG="$DATA/config"

mount_data() {
  mount_disk "$DISK" "$DATA"
  mkdir -p "$DATA/log" "$TLS" "$CONFIG" "$HOME"
}

kafka_image() { setting kafka-image; }

in_kafka() {
  docker run --rm --network host --user 0 --volume "$DATA:$DATA" --env STORE_PASSWORD --env KAFKA_HEAP_OPTS \
    --entrypoint "$1" "$(kafka_image)" "${@:2}"
}

# The first broker makes the authority and the passwords once; everybody reads them from
# Secret Manager, so a machine that is replaced gets the same ones.
make_credentials() {
  local prefix user
  prefix="$(setting secret-prefix)"
  if secret_missing "$prefix-ca"; then
    log "making the certificate authority"
    rm -f "$TLS/ca.p12" "$TLS/ca.pem"
    STORE_PASSWORD="$(random_password)"
    export STORE_PASSWORD
    in_kafka sh "$CONFIG/certificates.sh" ca "$TLS"
    secret_add "$prefix-ca-cert" <"$TLS/ca.pem"
    { printf '%s\n' "$STORE_PASSWORD" && base64 "$TLS/ca.p12"; } | secret_add "$prefix-ca"
  fi
  for user in admin bridge stream; do
    if secret_missing "$prefix-$user"; then random_password | secret_add "$prefix-$user"; fi
  done
}

read_credentials() {
  local prefix
  prefix="$(setting secret-prefix)"
  secret_wait "$prefix-ca" >"$TLS/ca.secret"
  STORE_PASSWORD="$(head -n 1 "$TLS/ca.secret")"
  export STORE_PASSWORD
  tail -n +2 "$TLS/ca.secret" | base64 -d >"$TLS/ca.p12"
  rm -f "$TLS/ca.secret"
  secret_wait "$prefix-ca-cert" >"$TLS/ca.pem"
  ADMIN_PASSWORD="$(secret_wait "$prefix-admin")"
  BRIDGE_PASSWORD="$(secret_wait "$prefix-bridge")"
  STREAM_PASSWORD="$(secret_wait "$prefix-stream")"
}

# Passwords reach a program by its environment or a file: its arguments are everybody's to read.
write_config() {
  local security admin
  security="$(setting security-properties)"
  admin="$(setting admin-properties)"
  {
    setting server-properties
    printf '%s\n' "${security//@STORE_PASSWORD@/"$STORE_PASSWORD"}"
  } >"$CONFIG/server.properties"
  printf '%s\n' "${admin//@PASSWORD@/"$ADMIN_PASSWORD"}" >"$CONFIG/admin.properties"
  setting topics >"$CONFIG/topics.txt"
  setting grants >"$CONFIG/grants.txt"
  chown -R 1000:1000 "$DATA/log" "$TLS" "$CONFIG"
  chmod 700 "$TLS" "$CONFIG"
}

format_storage() {
  printf -- '--add-scram\nSCRAM-SHA-512=[name=%s,password=%s]\n' admin "$ADMIN_PASSWORD" \
    bridge "$BRIDGE_PASSWORD" stream "$STREAM_PASSWORD" >"$CONFIG/users.txt"
  in_kafka /opt/kafka/bin/kafka-storage.sh format --ignore-formatted \
    --cluster-id "$(setting cluster-id)" --config "$CONFIG/server.properties" "@$CONFIG/users.txt"
  rm -f "$CONFIG/users.txt"
  chown -R 1000:1000 "$DATA/log"
}

start_broker() {
  remove_container kafka-watch
  remove_container kafka
  docker run --detach --name kafka --restart always --network host --user 1000 --stop-timeout 120 \
    --volume "$DATA:$DATA" --ulimit nofile=100000 --log-opt max-size=50m --log-opt max-file=3 \
    --env "KAFKA_HEAP_OPTS=-Xms$(setting kafka-heap) -Xmx$(setting kafka-heap)" \
    --entrypoint /opt/kafka/bin/kafka-server-start.sh "$(kafka_image)" "$CONFIG/server.properties"
}

# Topics and rights, in one container, and afterwards the figures that monitoring reads from
# its log. Only the first broker does it; the cluster keeps both.
start_watch() {
  docker run --detach --name kafka-watch --restart always --network host --user 1000 \
    --volume "$DATA:$DATA" --log-opt max-size=10m --log-opt max-file=2 \
    --env "KAFKA_HEAP_OPTS=-Xmx128m" --env "BOOTSTRAP=$(setting bootstrap)" --env "CONFIG=$CONFIG" \
    --entrypoint sh "$(kafka_image)" "$CONFIG/watch.sh"
}

main() {
  open_ports 9092 9093 9094
  mount_data
  setting certificates-script >"$CONFIG/certificates.sh"
  setting watch-script >"$CONFIG/watch.sh"
  docker-credential-gcr configure-docker --registries="$(setting image-registry)"
  export KAFKA_HEAP_OPTS=-Xmx128m
  if [[ "$(setting node-id)" == 1 ]]; then make_credentials; fi
  read_credentials
  in_kafka sh "$CONFIG/certificates.sh" broker "$TLS" "$(setting host)"
  write_config
  format_storage
  start_broker
  if [[ "$(setting node-id)" == 1 ]]; then start_watch; fi
  log "broker $(setting node-id) started"
}

trap begin_again EXIT
main
