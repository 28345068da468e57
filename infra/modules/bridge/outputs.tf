output "connectors" {
  description = "Connector properties by connector, as the worker reads them."
  value       = local.connectors
}

output "manifests" {
  description = "Files of the jar that tells Connect the connector's classes."
  value       = local.manifests
}

output "member" {
  description = "IAM member of the bridge."
  value       = local.member
}

output "worker_properties" {
  description = "Properties of the Connect worker; the machine fills @PASSWORD@."
  value       = local.worker_properties
}
