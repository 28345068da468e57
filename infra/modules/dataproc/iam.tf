resource "google_service_account" "stream" {
  project      = var.site.project_id
  account_id   = "${var.site.name}-stream"
  display_name = "${var.site.name}: Spark stream"
}

resource "google_service_account" "batch" {
  project      = var.site.project_id
  account_id   = "${var.site.name}-batch"
  display_name = "${var.site.name}: Spark batch"
}

locals {
  stream_member = "serviceAccount:${google_service_account.stream.account_id}@${var.site.project_id}.iam.gserviceaccount.com"
  batch_member  = "serviceAccount:${google_service_account.batch.account_id}@${var.site.project_id}.iam.gserviceaccount.com"
}

# What Dataproc demands of a cluster's account: agent, logs, metrics, and with them objects of
# every bucket in the project (infra/README.md, What no test shows).
resource "google_project_iam_member" "stream" {
  project = var.site.project_id
  role    = "roles/dataproc.worker"
  member  = local.stream_member
}

resource "google_project_iam_member" "batch" {
  project = var.site.project_id
  role    = "roles/dataproc.worker"
  member  = local.batch_member
}

# The stream writes its lag and speed as custom metrics (coincap_jobs/monitoring.py).
resource "google_project_iam_member" "stream_metrics" {
  project = var.site.project_id
  role    = "roles/monitoring.metricWriter"
  member  = local.stream_member
}
