# Cloud Build's own account may edit the project; this one may only build.

locals {
  build_member = "serviceAccount:${google_service_account.build.account_id}@${var.project_id}.iam.gserviceaccount.com"
}

resource "google_service_account" "build" {
  project      = var.project_id
  account_id   = "${var.name}-fn-build"
  display_name = "${var.name}: builds the functions"
}

resource "google_artifact_registry_repository_iam_member" "build" {
  project    = var.project_id
  location   = var.region
  repository = var.image_repository
  role       = "roles/artifactregistry.writer"
  member     = local.build_member
}

resource "google_project_iam_member" "build_logs" {
  project = var.project_id
  role    = "roles/logging.logWriter"
  member  = local.build_member
}

# Cloud Functions copies the zip into a bucket that it creates itself.
resource "google_project_iam_member" "build_sources" {
  project = var.project_id
  role    = "roles/storage.objectViewer"
  member  = local.build_member

  condition {
    title       = "function-sources-only"
    description = "Only the buckets that Cloud Functions keeps sources in."
    expression  = "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-\") || resource.name.startsWith(\"projects/_/buckets/${var.code_bucket}/objects/functions/\")"
  }
}
