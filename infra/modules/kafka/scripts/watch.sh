#!/bin/sh
# Makes the contract's topics and the clients' rights, then prints two figures every two
# minutes for the log-based metrics: partitions with too few replicas, and the largest lag of
# a consumer group (the bridge's sinks; Spark keeps its offsets in PostgreSQL).
# Environment: BOOTSTRAP host:port list, CONFIG folder with admin.properties, topics.txt
# (name partitions retention_ms max_bytes replication) and grants.txt (kafka-acls arguments).
set -u
bin="${KAFKA_BIN:-/opt/kafka/bin}"
rounds="${ROUNDS:-0}"
failures=0

admin() {
  tool="$1"
  shift
  "$bin/$tool" --bootstrap-server "$BOOTSTRAP" --command-config "$CONFIG/admin.properties" "$@"
}

until admin kafka-topics.sh --list >/dev/null 2>&1; do
  echo "coincap_kafka waiting for the brokers"
  sleep 5
done

# A tool costs a second or two to start, so what was applied once is not applied again.
wanted="$(cat "$CONFIG/topics.txt" "$CONFIG/grants.txt" | cksum)"
if [ "$(cat "$CONFIG/applied" 2>/dev/null)" != "$wanted" ]; then
  while read -r name partitions retention max_bytes replication; do
    [ -n "$name" ] || continue
    settings="retention.ms=$retention,max.message.bytes=$max_bytes"
    made="$(admin kafka-topics.sh --create --if-not-exists --topic "$name" --partitions "$partitions" \
      --replication-factor "$replication" --config "retention.ms=$retention" \
      --config "max.message.bytes=$max_bytes" </dev/null)" || failures=$((failures + 1))
    case "$made" in
    *"Created topic"*) ;;
    *)
      admin kafka-configs.sh --alter --entity-type topics --entity-name "$name" \
        --add-config "$settings" </dev/null || failures=$((failures + 1))
      ;;
    esac
  done <"$CONFIG/topics.txt"
  while read -r grant; do
    [ -n "$grant" ] || continue
    # shellcheck disable=SC2086 # a line holds several arguments
    admin kafka-acls.sh --add $grant </dev/null >/dev/null || failures=$((failures + 1))
  done <"$CONFIG/grants.txt"
  [ "$failures" -gt 0 ] || echo "$wanted" >"$CONFIG/applied"
fi
echo "coincap_kafka set_up failures=$failures"

round=0
while [ "$rounds" -eq 0 ] || [ "$round" -lt "$rounds" ]; do
  round=$((round + 1))
  if thin="$(admin kafka-topics.sh --describe --under-min-isr-partitions 2>/dev/null)" &&
    replicas="$(admin kafka-topics.sh --describe --under-replicated-partitions 2>/dev/null)" &&
    groups="$(admin kafka-consumer-groups.sh --describe --all-groups 2>/dev/null)"; then
    lag="$(printf '%s\n' "$groups" | awk '$6 ~ /^[0-9]+$/ && $6 > most { most = $6 } END { print most + 0 }')"
    echo "coincap_kafka under_replicated=$(printf '%s' "$replicas" | grep -c 'Topic:') under_min_isr=$(printf '%s' "$thin" | grep -c 'Topic:') sink_lag=$lag"
  else
    echo "coincap_kafka unreachable=1"
  fi
  sleep "${INTERVAL:-120}"
done
