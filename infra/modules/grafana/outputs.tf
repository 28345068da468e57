output "member" {
  description = "IAM member of Grafana."
  value       = local.member
}

output "url" {
  description = "Grafana's page, behind Identity-Aware Proxy."
  value       = google_cloud_run_v2_service.grafana.uri
}
