output "docker" {
  description = "Prefix of images from Docker Hub."
  value       = "${var.region}-docker.pkg.dev/${var.project_id}/${google_artifact_registry_repository.remote["docker"].repository_id}"

  depends_on = [google_artifact_registry_repository_iam_member.readers]
}

output "functions" {
  description = "Repository for the images that Cloud Functions builds."
  value       = google_artifact_registry_repository.functions.id
}

output "maven" {
  description = "Address of the Maven repository."
  value       = "https://${var.region}-maven.pkg.dev/${var.project_id}/${google_artifact_registry_repository.remote["maven"].repository_id}"

  depends_on = [google_artifact_registry_repository_iam_member.readers]
}

output "python" {
  description = "Address of the Python package index."
  value       = "https://${var.region}-python.pkg.dev/${var.project_id}/${google_artifact_registry_repository.remote["python"].repository_id}/simple/"

  depends_on = [google_artifact_registry_repository_iam_member.readers]
}
