#!/usr/bin/env bash
# Initialisation action of every Dataproc node; follows scripts/lib.sh in one file. The nodes
# have no way to the Internet: jars and Python wheels (psycopg has native code) come through
# Artifact Registry, each checked against the hash that this repository pins.

SPARK_HOME="${SPARK_HOME:-/usr/lib/spark}"
PYTHON="${PYTHON:-/opt/conda/default/bin/python}"
CONFIG="${CONFIG:-/etc/coincap}"

# The jars are built for these; another image must be a decision, not a surprise.
check_runtime() {
  local spark python
  spark="$(basename "$(find "$SPARK_HOME/jars" -name 'spark-core_*.jar' | head -n 1)" .jar)"
  [[ "$spark" == spark-core_2.12-3.5.* ]] ||
    fail "this image has '$spark', the jars need Spark 3.5 on Scala 2.12: set another image version or other jars (modules/dataproc/jars.json)"
  python="$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
  [[ "$python" == 3.11 ]] || fail "this image has Python $python, the pinned wheels need 3.11"
}

install_jars() {
  local coordinates sum
  setting jars | while read -r coordinates sum; do
    [[ -z "$coordinates" ]] || fetch_jar "$(setting maven-repository)" "$coordinates" "$sum" "$SPARK_HOME/jars"
  done
}

# pyspark and what it brings are the image's own; everything else comes with hashes.
install_python() {
  local requirements="$CONFIG/requirements.txt" index
  bucket_get "$(setting code-bucket)" "$(setting requirements-object)" "$requirements.all"
  awk '/^[a-z0-9]/ { skip = ($0 ~ /^(pyspark|py4j|delta-spark|pyarrow|numpy|pandas)==/) } !skip' \
    "$requirements.all" >"$requirements"
  index="$(setting python-index)"
  PIP_INDEX_URL="https://oauth2accesstoken:$(access_token)@${index#https://}"
  export PIP_INDEX_URL
  "$PYTHON" -m pip install --quiet --no-deps --require-hashes --no-cache-dir --requirement "$requirements"
}

# What the stream job needs to talk to Kafka: the authority's certificate and a password, in
# a file, so that neither stands in the arguments of the job.
write_kafka_client() {
  local prefix password jaas
  prefix="$(metadata instance/attributes/kafka-secret-prefix || true)"
  if [[ -z "$prefix" ]]; then return; fi # the batch never talks to Kafka
  secret_wait "$prefix-ca-cert" >"$CONFIG/ca.pem"
  password="$(secret_wait "$prefix-stream")"
  jaas="$(setting kafka-jaas)"
  (umask 027 && printf '%s\n' "${jaas//@PASSWORD@/"$password"}" >"$CONFIG/jaas.conf")
  chgrp hadoop "$CONFIG/jaas.conf" # YARN's containers read it
  chmod 644 "$CONFIG/ca.pem"
}

main() {
  mkdir -p "$CONFIG"
  check_runtime
  install_jars
  install_python
  write_kafka_client
  log "node is ready"
}

trap begin_again EXIT
main
