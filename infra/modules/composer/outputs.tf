output "airflow_uri" {
  description = "Airflow's page."
  value       = google_composer_environment.airflow.config[0].airflow_uri
}

output "bucket" {
  description = "Bucket of DAGs, plugins and logs."
  value       = google_storage_bucket.dags.name
}

