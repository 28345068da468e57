resource "google_service_account" "stream" {
  project      = var.project_id
  account_id   = "${var.name}-stream"
  display_name = "${var.name}: Spark stream"
}

resource "google_service_account" "batch" {
  project      = var.project_id
  account_id   = "${var.name}-batch"
  display_name = "${var.name}: Spark batch"
}

locals {
  stream_member = "serviceAccount:${google_service_account.stream.account_id}@${var.project_id}.iam.gserviceaccount.com"
  batch_member  = "serviceAccount:${google_service_account.batch.account_id}@${var.project_id}.iam.gserviceaccount.com"
}

# dataproc.worker holds storage rights on the cluster's own buckets, logs and metrics.
resource "google_project_iam_member" "stream" {
  project = var.project_id
  role    = "roles/dataproc.worker"
  member  = local.stream_member
}

resource "google_project_iam_member" "batch" {
  project = var.project_id
  role    = "roles/dataproc.worker"
  member  = local.batch_member
}
