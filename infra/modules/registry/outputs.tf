output "functions" {
  description = "Repository for the images that Cloud Functions builds."
  value       = google_artifact_registry_repository.functions.id
}

output "repositories" {
  description = "The mirrors, as their clients name them: prefix of Docker Hub's images, addresses of the Maven repository and of the Python index."
  value = {
    docker = "${local.host.docker}/${google_artifact_registry_repository.remote["docker"].repository_id}"
    maven  = "https://${local.host.maven}/${google_artifact_registry_repository.remote["maven"].repository_id}"
    python = "https://${local.host.python}/${google_artifact_registry_repository.remote["python"].repository_id}/simple/"
  }

  depends_on = [google_artifact_registry_repository_iam_member.readers]
}
