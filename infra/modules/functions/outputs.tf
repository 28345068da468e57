output "content_hash" {
  description = "SHA-256 over the names and contents of the uploaded files."
  value       = local.content
}

output "files" {
  description = "The files that are uploaded."
  value       = local.files
}

output "members" {
  description = "IAM member of each function's account, by entry point."
  value       = { for name, account in google_service_account.functions : name => "serviceAccount:${account.account_id}@${var.project_id}.iam.gserviceaccount.com" }
}

output "urls" {
  description = "Address of each function, by entry point."
  value       = { for name, function in google_cloudfunctions2_function.functions : name => function.service_config[0].uri }
}
