output "instance" {
  description = "Name of the machine."
  value       = google_compute_instance.airflow.name
}

output "instance_id" {
  description = "Google's id of the machine; another one after it was replaced."
  value       = google_compute_instance.airflow.instance_id
}
