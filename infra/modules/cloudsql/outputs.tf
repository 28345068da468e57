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

output "users" {
  description = "PostgreSQL user of each workload."
  value       = { for key, user in google_sql_user.services : key => user.name }
}
