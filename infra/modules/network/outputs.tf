output "dns_zone" {
  description = "Private zone for the names of this deployment's machines: name and domain."
  value = {
    name   = google_dns_managed_zone.internal.name
    domain = trimsuffix(google_dns_managed_zone.internal.dns_name, ".")
  }
}

output "network_id" {
  description = "The VPC."
  value       = google_compute_network.vpc.id
}

output "services_connection" {
  description = "The peering that Cloud SQL's private address needs; depend on it."
  value       = google_service_networking_connection.services.id
}

output "subnet_id" {
  description = "The subnet that holds every machine."
  value       = google_compute_subnetwork.workloads.id

  # A machine that starts before names, route and rules stand can't reach anything.
  depends_on = [
    google_compute_firewall.egress_google_apis,
    google_compute_firewall.egress_inside,
    google_compute_route.google_apis,
    google_dns_record_set.apex,
    google_dns_record_set.wildcard,
  ]
}
