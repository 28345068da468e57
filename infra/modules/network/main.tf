# One VPC without a way out: no NAT, no default route, no public address. The only
# destinations are the VPC itself, Cloud SQL's range and the Google APIs' private range.

locals {
  # private.googleapis.com: reachable only from inside Google Cloud.
  # https://cloud.google.com/vpc/docs/configure-private-google-access
  google_api_range = "199.36.153.8/30"
  google_api_hosts = [for i in range(4) : cidrhost(local.google_api_range, i)]

  # Health checkers of Compute Engine and the TCP forwarding of Identity-Aware Proxy.
  # https://cloud.google.com/load-balancing/docs/health-check-concepts#ip-ranges
  health_check_ranges = ["35.191.0.0/16", "130.211.0.0/22"]
  iap_range           = "35.235.240.0/20"

  # Domains that the workloads call; each becomes a private zone that answers with the
  # private range above.
  google_api_domains = toset([
    "gcr.io",
    "googleapis.com",
    "pkg.dev",
    "run.app",
    "cloudfunctions.net",
    "dataproc.cloud.google.com",
    "dataproc.googleusercontent.com",
    "composer.cloud.google.com",
    "composer.googleusercontent.com",
  ])
}

resource "google_compute_network" "vpc" {
  project                         = var.project_id
  name                            = var.name
  auto_create_subnetworks         = false
  delete_default_routes_on_create = true
  routing_mode                    = "REGIONAL"
}

resource "google_compute_subnetwork" "workloads" {
  project                  = var.project_id
  name                     = "${var.name}-workloads"
  network                  = google_compute_network.vpc.id
  region                   = var.region
  ip_cidr_range            = var.cidr
  private_ip_google_access = true

  log_config {
    aggregation_interval = "INTERVAL_10_MIN"
    flow_sampling        = var.flow_log_sampling
    metadata             = "EXCLUDE_ALL_METADATA"
  }
}

resource "google_compute_route" "google_apis" {
  project          = var.project_id
  name             = "${var.name}-google-apis"
  network          = google_compute_network.vpc.id
  dest_range       = local.google_api_range
  next_hop_gateway = "default-internet-gateway"
  description      = "Google's APIs over the private range; nothing else leaves the VPC."
}
