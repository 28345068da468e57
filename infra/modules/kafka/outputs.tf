output "bootstrap" {
  description = "Brokers' addresses for clients (SASL over TLS)."
  value       = local.bootstrap
}

output "brokers" {
  description = "Host name and zone of each broker, by node id."
  value       = local.brokers
}

output "member" {
  description = "IAM member of the brokers."
  value       = local.member
}

output "secrets" {
  description = "Ids of the secrets with the authority's certificate and the clients' passwords."
  value       = { for key, secret in google_secret_manager_secret.credentials : key => secret.secret_id }
}

output "server_properties" {
  description = "server.properties of each broker by node id, without the part that holds passwords."
  value       = local.server_properties
}

output "security_properties" {
  description = "The part of server.properties about TLS and passwords; the machine fills @STORE_PASSWORD@."
  value       = local.security_properties
}
