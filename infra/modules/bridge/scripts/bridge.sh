#!/usr/bin/env bash
# Start-up of the bridge on Container-Optimized OS; follows scripts/lib.sh in one file.
# The machine holds nothing that matters: it can be replaced at any time.

ROOT="${ROOT:-/mnt/stateful_partition/coincap}"
export HOME="$ROOT"

plugins() {
  # The connector alone in its folder: its jar brings its own Kafka classes.
  mkdir -p "$ROOT/plugins/pubsub"
  fetch_jar "$(setting maven-repository)" "$(setting connector)" "$(setting connector-sha256)" "$ROOT/plugins/pubsub"
  bucket_get "$(setting code-bucket)" "$(setting manifest-object)" "$ROOT/plugins/pubsub/manifests.jar"
}

config() {
  local name prefix password worker
  prefix="$(setting secret-prefix)"
  mkdir -p "$ROOT/config" "$ROOT/state" "$ROOT/tls"
  secret_wait "$prefix-ca-cert" >"$ROOT/tls/ca.pem"
  password="$(secret_wait "$prefix-bridge")"
  worker="$(setting worker-properties)"
  # No sed: its arguments, the password among them, would be everybody's to read.
  printf '%s\n' "${worker//@PASSWORD@/"$password"}" >"$ROOT/config/worker.properties"
  rm -f "$ROOT"/config/connector-*.properties
  for name in $(setting connectors); do
    setting "connector-$name" >"$ROOT/config/connector-$name.properties"
  done
  chown -R 1000:1000 "$ROOT/config" "$ROOT/state" "$ROOT/tls" "$ROOT/plugins"
  chmod 700 "$ROOT/config" "$ROOT/tls"
}

start_worker() {
  remove_container bridge
  # The connector logs thousands of lines a second when its subscription is gone: the log is
  # capped, and whether rows arrive is measured at Pub/Sub, never by the worker's status.
  docker run --detach --name bridge --restart always --network host --user 1000 --stop-timeout 30 \
    --volume "$ROOT:$ROOT" --log-opt max-size=20m --log-opt max-file=3 \
    --env "KAFKA_HEAP_OPTS=-Xmx$(setting bridge-heap)" \
    --entrypoint /opt/kafka/bin/connect-standalone.sh "$(setting kafka-image)" \
    "$ROOT/config/worker.properties" "$ROOT"/config/connector-*.properties
}

main() {
  plugins
  config
  docker-credential-gcr configure-docker --registries="$(setting image-registry)"
  start_worker
  log "bridge started with $(setting connectors | wc -w) connectors"
}

trap begin_again EXIT
main
