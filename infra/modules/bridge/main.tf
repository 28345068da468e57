data "archive_file" "manifests" {
  type        = "zip" # a jar is a zip
  output_path = "${path.root}/build/connector-manifests.jar"

  dynamic "source" {
    for_each = local.manifests
    content {
      filename = source.key
      content  = source.value
    }
  }
}

resource "google_storage_bucket_object" "manifests" {
  bucket = var.code_bucket
  name   = "bridge/manifests-${substr(sha256(jsonencode(local.manifests)), 0, 12)}.jar"
  source = data.archive_file.manifests.output_path
}

resource "google_compute_instance_template" "bridge" {
  # checkov:skip=CKV_GCP_32:Set inside merge(), which the check can't read; tests/infra/test_privacy.py proves it.
  # checkov:skip=CKV_GCP_38:Boot disk of a public image without data; Google's own keys encrypt it.
  project      = var.site.project_id
  region       = var.site.region
  name_prefix  = "${var.site.name}-bridge-"
  machine_type = var.machine
  tags         = ["bridge"]
  labels       = { component = "bridge" }

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

  metadata = merge(
    { for key, properties in local.connectors : "connector-${key}" => properties },
    {
      block-project-ssh-keys     = "true"
      bridge-heap                = var.heap
      code-bucket                = var.code_bucket
      connector                  = var.connector.coordinates
      connector-sha256           = var.connector.sha256
      connectors                 = join(" ", keys(local.connectors))
      enable-oslogin             = "TRUE"
      google-logging-enabled     = "true"
      google-monitoring-enabled  = "true"
      image-registry             = split("/", var.packages.docker)[0]
      kafka-image                = "${var.packages.docker}/apache/kafka:${var.kafka_version}"
      manifest-object            = google_storage_bucket_object.manifests.name
      maven-repository           = var.packages.maven
      secret-prefix              = "${var.site.name}-kafka"
      serial-port-logging-enable = "true"
      startup-script             = join("\n", [file("${path.module}/../../scripts/lib.sh"), file("${path.module}/scripts/bridge.sh")])
      worker-properties          = local.worker_properties
    },
  )

  service_account {
    email  = google_service_account.bridge.email
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

# Changed connectors are a new template, and the machine is replaced at once: Pub/Sub and
# Kafka keep what it misses in the two minutes.
resource "google_compute_instance_group_manager" "bridge" {
  project            = var.site.project_id
  zone               = var.site.zones[0]
  name               = "${var.site.name}-bridge"
  base_instance_name = "${var.site.name}-bridge"
  target_size        = 1

  version {
    instance_template = google_compute_instance_template.bridge.id
  }

  update_policy {
    type                  = "PROACTIVE"
    minimal_action        = "REPLACE"
    replacement_method    = "SUBSTITUTE"
    max_surge_fixed       = 0
    max_unavailable_fixed = 1
  }
}

resource "google_service_account" "bridge" {
  project      = var.site.project_id
  account_id   = "${var.site.name}-bridge"
  display_name = "${var.site.name}: bridge between Pub/Sub and Kafka"
}

locals {
  member = "serviceAccount:${google_service_account.bridge.account_id}@${var.site.project_id}.iam.gserviceaccount.com"
}

resource "google_project_iam_member" "bridge" {
  for_each = toset(["roles/logging.logWriter", "roles/monitoring.metricWriter"])
  project  = var.site.project_id
  role     = each.value
  member   = local.member
}
