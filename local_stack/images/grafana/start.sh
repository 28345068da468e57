#!/bin/sh
# Grafana, and the account `viewer`: the admin is Grafana's own, others are made by its API alone.
# https://grafana.com/docs/grafana/v11.6/developers/http_api/admin/#global-users
set -eu
secrets=${COINCAP_SECRETS:-/run/coincap/secrets}
api=${COINCAP_GRAFANA:-http://127.0.0.1:3000}

ask() { # PATH [BODY]: as the admin; its answer, also an error's, in one line
  wget -q -O - --header 'Content-Type: application/json' --header \
    "Authorization: Basic $(printf 'admin:%s' "$(cat "$secrets/grafana")" | base64 | tr -d '\n')" \
    ${2:+--post-data "$2"} "$api$1"
}

make_viewer() {
  until wget -q -O /dev/null "$api/api/health"; do sleep 1; done
  if ask '/api/users/lookup?loginOrEmail=viewer' >/dev/null 2>&1; then
    echo 'account viewer: there already'
  elif ask /api/admin/users "{\"name\": \"Viewer\", \"login\": \"viewer\", \"password\": \
\"$(cat "$secrets/grafana_viewer")\", \"OrgId\": 1}" >/dev/null; then
    echo 'account viewer: made'
  else
    echo 'error: the account viewer could not be made: log in as admin and make it' >&2
  fi
}

make_viewer &
exec "${@:-/run.sh}"
