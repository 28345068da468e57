resource "google_dns_managed_zone" "google_apis" {
  for_each    = local.google_api_domains
  project     = var.project_id
  name        = "${var.name}-${replace(each.value, ".", "-")}"
  dns_name    = "${each.value}."
  description = "Google's APIs over the private range."
  visibility  = "private"

  private_visibility_config {
    networks {
      network_url = google_compute_network.vpc.id
    }
  }
}

resource "google_dns_record_set" "apex" {
  for_each     = google_dns_managed_zone.google_apis
  project      = var.project_id
  managed_zone = each.value.name
  name         = "${each.key}."
  type         = "A"
  ttl          = 300
  rrdatas      = local.google_api_hosts
}

resource "google_dns_record_set" "wildcard" {
  for_each     = google_dns_managed_zone.google_apis
  project      = var.project_id
  managed_zone = each.value.name
  name         = "*.${each.key}."
  type         = "CNAME"
  ttl          = 300
  rrdatas      = ["${each.key}."]
}

resource "google_dns_managed_zone" "internal" {
  project     = var.project_id
  name        = "${var.name}-internal"
  dns_name    = "${var.name}.internal."
  description = "Names of the brokers and other machines of this deployment."
  visibility  = "private"

  private_visibility_config {
    networks {
      network_url = google_compute_network.vpc.id
    }
  }
}
