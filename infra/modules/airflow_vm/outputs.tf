output "instance" {
  description = "Name of the machine."
  value       = google_compute_instance.airflow.name
}
