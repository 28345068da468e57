output "address" {
  description = "Private address."
  value       = google_sql_database_instance.postgres.private_ip_address
}

output "connection_name" {
  description = "Name that Cloud SQL's connectors use: project:region:instance."
  value       = google_sql_database_instance.postgres.connection_name
}

output "database" {
  description = "The database."
  value       = google_sql_database.coincap.name
}

output "instance" {
  description = "Name of the instance."
  value       = google_sql_database_instance.postgres.name
}

output "owner" {
  description = "PostgreSQL user that migrates and writes."
  value       = google_sql_user.owner.name
}

output "writer_names" {
  description = "PostgreSQL user of each writer beside the owner."
  value       = { for key in keys(var.writers) : key => local.names[key] }
}
