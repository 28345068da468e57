# Everything is denied; what follows opens one conversation each, by network tag.

resource "google_compute_firewall" "deny_ingress" {
  project       = var.project_id
  name          = "${var.name}-deny-ingress"
  network       = google_compute_network.vpc.id
  direction     = "INGRESS"
  priority      = 65534
  source_ranges = ["0.0.0.0/0"]

  deny {
    protocol = "all"
  }
}

resource "google_compute_firewall" "deny_egress" {
  project            = var.project_id
  name               = "${var.name}-deny-egress"
  network            = google_compute_network.vpc.id
  direction          = "EGRESS"
  priority           = 65534
  destination_ranges = ["0.0.0.0/0"]

  deny {
    protocol = "all"
  }

  log_config {
    metadata = "INCLUDE_ALL_METADATA"
  }
}

resource "google_compute_firewall" "egress_google_apis" {
  project            = var.project_id
  name               = "${var.name}-egress-google-apis"
  network            = google_compute_network.vpc.id
  direction          = "EGRESS"
  priority           = 1000
  destination_ranges = [local.google_api_range]

  allow {
    protocol = "tcp"
    ports    = ["443"]
  }
}

resource "google_compute_firewall" "egress_inside" {
  project            = var.project_id
  name               = "${var.name}-egress-inside"
  network            = google_compute_network.vpc.id
  direction          = "EGRESS"
  priority           = 1000
  destination_ranges = [var.cidr]

  allow {
    protocol = "all"
  }
}

resource "google_compute_firewall" "egress_cloudsql" {
  project            = var.project_id
  name               = "${var.name}-egress-cloudsql"
  network            = google_compute_network.vpc.id
  direction          = "EGRESS"
  priority           = 1000
  destination_ranges = ["${google_compute_global_address.services.address}/${google_compute_global_address.services.prefix_length}"]
  target_tags        = ["dataproc", "airflow"]

  allow {
    protocol = "tcp"
    # 5432 with TLS; 3307 is the port of Cloud SQL's connectors.
    ports = ["5432", "3307"]
  }
}

resource "google_compute_firewall" "kafka_clients" {
  project     = var.project_id
  name        = "${var.name}-kafka-clients"
  network     = google_compute_network.vpc.id
  direction   = "INGRESS"
  source_tags = ["kafka", "bridge", "dataproc"]
  target_tags = ["kafka"]

  allow {
    protocol = "tcp"
    ports    = ["9094"]
  }
}

resource "google_compute_firewall" "kafka_brokers" {
  project     = var.project_id
  name        = "${var.name}-kafka-brokers"
  network     = google_compute_network.vpc.id
  direction   = "INGRESS"
  source_tags = ["kafka"]
  target_tags = ["kafka"]

  allow {
    protocol = "tcp"
    ports    = ["9092", "9093"]
  }
}

resource "google_compute_firewall" "dataproc_nodes" {
  project     = var.project_id
  name        = "${var.name}-dataproc-nodes"
  network     = google_compute_network.vpc.id
  direction   = "INGRESS"
  source_tags = ["dataproc"]
  target_tags = ["dataproc"]

  allow {
    protocol = "tcp"
  }

  allow {
    protocol = "udp"
  }

  allow {
    protocol = "icmp"
  }
}

resource "google_compute_firewall" "health_checks" {
  project       = var.project_id
  name          = "${var.name}-health-checks"
  network       = google_compute_network.vpc.id
  direction     = "INGRESS"
  source_ranges = local.health_check_ranges
  target_tags   = ["kafka"]

  allow {
    protocol = "tcp"
    ports    = ["9094"]
  }
}

resource "google_compute_firewall" "iap" {
  project       = var.project_id
  name          = "${var.name}-iap"
  network       = google_compute_network.vpc.id
  direction     = "INGRESS"
  source_ranges = [local.iap_range]
  target_tags   = ["kafka", "bridge", "dataproc", "airflow"]

  allow {
    protocol = "tcp"
    ports    = ["22"] # Airflow's page on its small machine comes through SSH too
  }
}
