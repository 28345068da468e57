resource "google_service_account" "brokers" {
  project      = var.site.project_id
  account_id   = "${var.site.name}-kafka"
  display_name = "${var.site.name}: Kafka brokers"
}

locals {
  member = "serviceAccount:${google_service_account.brokers.account_id}@${var.site.project_id}.iam.gserviceaccount.com"

  # Written by the first broker; `ca` holds the authority's key and is the brokers' own.
  secrets = {
    admin   = []
    bridge  = ["bridge"]
    ca      = []
    ca-cert = ["bridge", "stream"]
    stream  = ["stream"]
  }
}

resource "google_secret_manager_secret" "credentials" {
  for_each  = local.secrets
  project   = var.site.project_id
  secret_id = "${var.site.name}-kafka-${each.key}"

  replication {
    user_managed {
      replicas {
        location = var.site.region
      }
    }
  }
}

resource "google_secret_manager_secret_iam_member" "brokers" {
  for_each  = { for pair in setproduct(keys(local.secrets), ["secretAccessor", "secretVersionAdder"]) : join("/", pair) => pair }
  project   = var.site.project_id
  secret_id = google_secret_manager_secret.credentials[each.value[0]].secret_id
  role      = "roles/secretmanager.${each.value[1]}"
  member    = local.member
}

resource "google_secret_manager_secret_iam_member" "clients" {
  for_each = merge([
    for secret, clients in local.secrets : {
      for client in clients : "${secret}/${client}" => { secret = secret, client = client }
    }
  ]...)
  project   = var.site.project_id
  secret_id = google_secret_manager_secret.credentials[each.value.secret].secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = var.clients[each.value.client]
}

resource "google_project_iam_member" "brokers" {
  for_each = toset(["roles/logging.logWriter", "roles/monitoring.metricWriter"])
  project  = var.site.project_id
  role     = each.value
  member   = local.member
}
