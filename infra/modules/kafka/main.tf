# One managed group of one machine per broker: the group heals its machine, the data disk and
# the address outlive it. Terraform never replaces brokers by itself (updates are
# OPPORTUNISTIC): infra/bin/roll-brokers does, one after the other.

resource "google_compute_address" "brokers" {
  for_each     = local.brokers
  project      = var.site.project_id
  region       = var.site.region
  name         = "${var.site.name}-kafka-${each.key}"
  address_type = "INTERNAL"
  subnetwork   = var.site.subnet_id
}

resource "google_dns_record_set" "brokers" {
  for_each     = local.brokers
  project      = var.site.project_id
  managed_zone = var.dns_zone.name
  name         = "${each.value.host}."
  type         = "A"
  ttl          = 60
  rrdatas      = [google_compute_address.brokers[each.key].address]
}

resource "google_compute_disk" "data" {
  # checkov:skip=CKV_GCP_37:Public market data for two days; Google's own keys encrypt it.
  for_each = local.brokers
  project  = var.site.project_id
  zone     = each.value.zone
  name     = "${var.site.name}-kafka-${each.key}-data"
  type     = "pd-balanced"
  size     = var.disk_gb
}

resource "google_compute_instance_template" "brokers" {
  # checkov:skip=CKV_GCP_32:Set inside merge(), which the check can't read; tests/infra/test_privacy.py proves it.
  # checkov:skip=CKV_GCP_38:Boot disk of a public image without data; Google's own keys encrypt it.
  for_each     = local.brokers
  project      = var.site.project_id
  region       = var.site.region
  name_prefix  = "${var.site.name}-kafka-${each.key}-"
  machine_type = var.machine
  tags         = ["kafka"]
  labels       = { component = "kafka" }

  disk {
    source_image = var.site.os_image
    boot         = true
    auto_delete  = true
    disk_type    = "pd-balanced"
    disk_size_gb = 10
  }

  network_interface {
    subnetwork = var.site.subnet_id
  }

  metadata = merge(local.settings, {
    host                = each.value.host
    node-id             = each.key
    security-properties = local.security_properties
    server-properties   = local.server_properties[each.key]
  })

  service_account {
    email  = google_service_account.brokers.email
    scopes = ["cloud-platform"]
  }

  shielded_instance_config {
    enable_secure_boot          = true
    enable_vtpm                 = true
    enable_integrity_monitoring = true
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_compute_instance_group_manager" "brokers" {
  for_each           = local.brokers
  project            = var.site.project_id
  zone               = each.value.zone
  name               = "${var.site.name}-kafka-${each.key}"
  base_instance_name = "${var.site.name}-kafka-${each.key}"

  version {
    instance_template = google_compute_instance_template.brokers[each.key].id
  }

  auto_healing_policies {
    health_check      = google_compute_health_check.brokers.id
    initial_delay_sec = 1200 # a broker that died reads its log again before it answers
  }

  update_policy {
    type                  = "OPPORTUNISTIC"
    minimal_action        = "REPLACE"
    replacement_method    = "RECREATE"
    max_surge_fixed       = 0
    max_unavailable_fixed = 1
  }
}

# The machine by name, with the disk and the address that stay.
resource "google_compute_per_instance_config" "brokers" {
  for_each                         = local.brokers
  project                          = var.site.project_id
  zone                             = each.value.zone
  instance_group_manager           = google_compute_instance_group_manager.brokers[each.key].name
  name                             = "${var.site.name}-kafka-${each.key}"
  remove_instance_on_destroy       = true
  remove_instance_state_on_destroy = true

  preserved_state {
    disk {
      device_name = "kafka-data"
      source      = google_compute_disk.data[each.key].id
      delete_rule = "NEVER"
    }

    internal_ip {
      interface_name = "nic0"
      auto_delete    = "NEVER"

      ip_address {
        address = google_compute_address.brokers[each.key].id
      }
    }
  }

  # The start-up script reads and writes secrets, and clients ask for the name.
  depends_on = [
    google_dns_record_set.brokers,
    google_project_iam_member.brokers,
    google_secret_manager_secret_iam_member.brokers,
  ]
}

resource "google_compute_health_check" "brokers" {
  project             = var.site.project_id
  name                = "${var.site.name}-kafka"
  description         = "The clients' port answers."
  check_interval_sec  = 20
  timeout_sec         = 10
  healthy_threshold   = 1
  unhealthy_threshold = 6

  tcp_health_check {
    port = 9094
  }
}

# A day-old copy of every data disk, for the case that a zone is lost (profiles with one broker).
resource "google_compute_resource_policy" "snapshots" {
  project = var.site.project_id
  region  = var.site.region
  name    = "${var.site.name}-kafka-snapshots"

  snapshot_schedule_policy {
    schedule {
      daily_schedule {
        days_in_cycle = 1
        start_time    = "03:00"
      }
    }

    retention_policy {
      max_retention_days    = 3
      on_source_disk_delete = "APPLY_RETENTION_POLICY"
    }
  }
}

resource "google_compute_disk_resource_policy_attachment" "snapshots" {
  for_each = local.brokers
  project  = var.site.project_id
  zone     = each.value.zone
  disk     = google_compute_disk.data[each.key].name
  name     = google_compute_resource_policy.snapshots.name
}
