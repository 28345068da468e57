# Cloud SQL's private addresses live in a range of their own, peered with the VPC.

resource "google_compute_global_address" "services" {
  project       = var.project_id
  name          = "${var.name}-services"
  network       = google_compute_network.vpc.id
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  address       = cidrhost(var.services_cidr, 0)
  prefix_length = tonumber(split("/", var.services_cidr)[1])
}

resource "google_service_networking_connection" "services" {
  network                 = google_compute_network.vpc.id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = [google_compute_global_address.services.name]

  # Cloud SQL keeps the peering for days after its instance is gone; without this a
  # destroy stops here.
  deletion_policy = "ABANDON"
}
