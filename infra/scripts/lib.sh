#!/usr/bin/env bash
# What every machine's start-up script shares: its settings (instance attributes), an access
# token, secrets and files from a bucket, all with curl alone: Container-Optimized OS has
# neither gcloud nor Python. Addresses can be overridden, so that a test can run the scripts.
set -euo pipefail

METADATA_URL="${METADATA_URL:-http://metadata.google.internal/computeMetadata/v1}"
SECRETS_URL="${SECRETS_URL:-https://secretmanager.googleapis.com/v1}"
STORAGE_URL="${STORAGE_URL:-https://storage.googleapis.com}"
WAIT_SECONDS="${WAIT_SECONDS:-10}"
WAIT_ATTEMPTS="${WAIT_ATTEMPTS:-90}"

START_ATTEMPTS="${START_ATTEMPTS:-20}"

# A right that was granted a moment ago can take minutes to count. A start-up script that
# fails begins again after a while; every step of it can be repeated.
begin_again() {
  local status=$?
  if [[ $status -ne 0 && $START_ATTEMPTS -gt 1 ]]; then
    echo "coincap: failed, beginning again ($((START_ATTEMPTS - 1)) attempts left)" >&2
    sleep "$((WAIT_SECONDS * 3))"
    START_ATTEMPTS=$((START_ATTEMPTS - 1)) exec bash "$0"
  fi
}

log() { echo "coincap: $*"; }

fail() {
  echo "coincap: error: $*" >&2
  exit 1
}

metadata() {
  curl --silent --fail --header 'Metadata-Flavor: Google' "$METADATA_URL/$1"
}

# Setting of this machine that Terraform wrote; fails where it is missing.
setting() {
  metadata "instance/attributes/$1" || fail "instance attribute $1 is missing: apply Terraform again"
}

access_token() {
  metadata "instance/service-accounts/default/token" |
    sed -n 's/.*"access_token" *: *"\([^"]*\)".*/\1/p'
}

project_id() { metadata "project/project-id"; }

# curl with this machine's token; the token stays out of the process list.
authorised_curl() {
  curl --silent --fail --location --retry 5 --retry-delay 2 \
    --config <(printf 'header = "Authorization: Bearer %s"\n' "$(access_token)") "$@"
}

# Prints the newest version of a secret. Status 1: there is none to be read (never written,
# disabled or destroyed). Status 2: no clear answer (no right yet, no network).
secret_get() {
  local answer
  answer="$(authorised_curl --no-fail --write-out '\n%{http_code}' \
    "$SECRETS_URL/projects/$(project_id)/secrets/$1/versions/latest:access")" || return 2
  case "${answer##*$'\n'}" in
  200) printf '%s' "${answer%$'\n'*}" | tr -d '\n' | sed -n 's/.*"data" *: *"\([^"]*\)".*/\1/p' | base64 -d ;;
  404) return 1 ;;
  400) if [[ "$answer" == *DISABLED* || "$answer" == *DESTROYED* ]]; then return 1; else return 2; fi ;;
  *) return 2 ;;
  esac
}

# Whether a secret has yet to be written. Whoever took silence for "none" would write a new
# password over the one that everybody uses, so anything but a clear answer ends the script.
secret_missing() {
  local status=0
  secret_get "$1" >/dev/null || status=$?
  if [[ $status -eq 2 ]]; then fail "Secret Manager does not say whether $1 has a version; nothing was changed"; fi
  [[ $status -eq 1 ]]
}

# Waits until somebody else has written the secret, then prints it.
secret_wait() {
  local attempt
  for attempt in $(seq 1 "$WAIT_ATTEMPTS"); do
    if secret_get "$1"; then return 0; fi
    echo "coincap: waiting for secret $1 ($attempt of $WAIT_ATTEMPTS)" >&2
    sleep "$WAIT_SECONDS"
  done
  fail "secret $1 still has no version: look at the first broker's log (README, Replace a broker)"
}

# Adds a version to a secret; the value comes on standard input.
secret_add() {
  local data
  data="$(base64 | tr -d '\n')"
  printf '{"payload":{"data":"%s"}}' "$data" |
    authorised_curl --request POST --header 'Content-Type: application/json' --data-binary @- \
      --output /dev/null "$SECRETS_URL/projects/$(project_id)/secrets/$1:addVersion"
}

# bucket_get BUCKET OBJECT FILE
bucket_get() {
  authorised_curl --output "$3" "$STORAGE_URL/$1/$2" || fail "cannot read gs://$1/$2: was the code uploaded?"
}

# fetch_jar REPOSITORY GROUP:ARTIFACT:VERSION SHA256 FOLDER
fetch_jar() {
  local group artifact version file
  IFS=: read -r group artifact version <<<"$2"
  file="$4/$artifact-$version.jar"
  if [[ ! -f "$file" ]] || ! echo "$3  $file" | sha256sum --check --quiet 2>/dev/null; then
    authorised_curl --output "$file" "$1/${group//.//}/$artifact/$version/$artifact-$version.jar" ||
      fail "cannot fetch $2 from $1"
  fi
  echo "$3  $file" | sha256sum --check --quiet || fail "$2 is not the jar that was pinned (SHA-256 differs)"
}

random_password() { head -c 24 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n'; }

# mount_disk DEVICE FOLDER: formats a disk only where it certainly holds nothing, and lets the
# file system grow where Terraform enlarged the disk.
mount_disk() {
  mkdir -p "$2"
  if mountpoint --quiet "$2"; then return 0; fi
  [[ -e "$1" ]] || fail "disk $1 is not attached: apply Terraform again"
  if ! blkid "$1" >/dev/null; then
    [[ "$(head -c 1048576 "$1" | tr -d '\0' | wc -c)" -eq 0 ]] ||
      fail "disk $1 holds data but no file system that is known: it is left alone (README, Replace a broker)"
    log "formatting $1"
    mkfs.ext4 -q -m 0 "$1"
  fi
  mount -o discard,defaults "$1" "$2"
  resize2fs "$1"
}

# open_ports PORT…: Container-Optimized OS lets in SSH alone, whatever the VPC's firewall says,
# and forgets these rules at every boot.
# https://cloud.google.com/container-optimized-os/docs/how-to/firewall
open_ports() {
  local port
  for port in "$@"; do
    iptables -w -C INPUT -p tcp --dport "$port" -j ACCEPT 2>/dev/null ||
      iptables -w -A INPUT -p tcp --dport "$port" -j ACCEPT
  done
}

# Ends a container of an earlier start, in peace where it can.
remove_container() {
  docker stop --time 60 "$1" >/dev/null 2>&1 || true
  docker rm --force "$1" >/dev/null 2>&1 || true
}
