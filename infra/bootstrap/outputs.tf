output "backend" {
  description = "Options of terraform init in infra/."
  value       = "-backend-config=bucket=${google_storage_bucket.state.name} -backend-config=prefix=coincap"
}

output "github_variables" {
  description = "Repository variables that the workflow reads."
  value = var.github_repository == null ? {} : {
    GCP_DEPLOYER = google_service_account.deployer[0].email
    GCP_PLANNER  = google_service_account.planner[0].email
    GCP_PROJECT  = var.project_id
    GCP_PROVIDER = google_iam_workload_identity_pool_provider.github[0].name
    GCP_REGION   = var.region
  }
}
