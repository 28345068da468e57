# CoinCap's API key. Its value passes through an ephemeral variable into a write-only
# argument: it is in no state and in no plan file.

resource "google_secret_manager_secret" "api_key" {
  project             = var.project_id
  secret_id           = "${var.name}-coincap-api-key"
  version_destroy_ttl = "86400s" # a day to take a wrong deletion back

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }
}

resource "google_secret_manager_secret_version" "api_key" {
  secret                 = google_secret_manager_secret.api_key.id
  secret_data_wo         = var.api_key
  secret_data_wo_version = var.api_key_version
}

resource "google_secret_manager_secret_iam_member" "readers" {
  for_each  = var.readers
  project   = var.project_id
  secret_id = google_secret_manager_secret.api_key.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = each.value
}
