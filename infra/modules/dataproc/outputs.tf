output "batch_cluster" {
  description = "Cluster that batch jobs go to."
  value       = var.batch == null ? google_dataproc_cluster.stream.name : google_dataproc_cluster.batch[0].name
}

output "content_hash" {
  description = "SHA-256 over the names and contents of the uploaded code."
  value       = local.content
}

output "job_ids" {
  description = "Ids of the jobs that Terraform submitted."
  value       = { migrate = google_dataproc_job.migrate.id, stream = google_dataproc_job.stream.id }
}

output "jobs_uri" {
  description = "Folder of the uploaded jobs."
  value       = local.jobs_uri

  # Whoever is told of the folder finds everything in it.
  depends_on = [google_storage_bucket_object.drivers, google_storage_bucket_object.packages]
}

output "members" {
  description = "IAM members of the clusters."
  value       = { stream = local.stream_member, batch = local.batch_member }
}

output "migration" {
  description = "Id of the job that migrates PostgreSQL; what needs the schema depends on it."
  value       = google_dataproc_job.migrate.id
}

output "packages_uri" {
  description = "Zip of the packages that the jobs import."
  value       = "gs://${var.code_bucket}/${google_storage_bucket_object.packages.name}"
}

output "stream_cluster" {
  description = "Cluster of the stream job."
  value       = google_dataproc_cluster.stream.name
}
