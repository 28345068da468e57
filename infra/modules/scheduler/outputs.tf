output "jobs" {
  description = "Name of each job."
  value       = { for key, job in google_cloud_scheduler_job.polls : key => job.name }
}

output "member" {
  description = "IAM member that the jobs call the function as."
  value       = "serviceAccount:${google_service_account.caller.account_id}@${var.project_id}.iam.gserviceaccount.com"
}
