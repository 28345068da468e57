output "code_bucket" {
  description = "Bucket of the code that Terraform uploads."
  value       = google_storage_bucket.code.name
}

output "lake_bucket" {
  description = "Bucket of the lake."
  value       = google_storage_bucket.lake.name
}

output "scratch_bucket" {
  description = "Bucket of checkpoints, driver logs and event logs."
  value       = google_storage_bucket.scratch.name
}
