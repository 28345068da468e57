output "dashboard" {
  description = "Id of the dashboard."
  value       = google_monitoring_dashboard.pipeline.id
}

output "policies" {
  description = "Runbook section of each alert."
  value       = { for key, alert in local.alerts : key => alert.section }
}
