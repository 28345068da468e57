# Orchestration of the profile lean: Airflow on one small machine instead of Composer.

resource "google_compute_disk" "data" {
  # checkov:skip=CKV_GCP_37:Run history of the DAGs; Google's own keys encrypt it.
  project = var.site.project_id
  zone    = var.site.zones[0]
  name    = "${var.site.name}-airflow-data"
  type    = "pd-balanced"
  size    = 10
}

resource "google_compute_instance" "airflow" {
  # checkov:skip=CKV_GCP_38:Boot disk of a public image without data; Google's own keys encrypt it.
  project                   = var.site.project_id
  zone                      = var.site.zones[0]
  name                      = "${var.site.name}-airflow"
  machine_type              = var.machine
  tags                      = ["airflow"]
  labels                    = { component = "airflow" }
  allow_stopping_for_update = true

  boot_disk {
    initialize_params {
      image = var.site.os_image
      size  = 20
      type  = "pd-balanced"
    }
  }

  attached_disk {
    source      = google_compute_disk.data.id
    device_name = "airflow-data"
  }

  network_interface {
    subnetwork = var.site.subnet_id
  }

  metadata = {
    airflow-image              = "${var.packages.docker}/apache/airflow:${var.airflow_version}"
    block-project-ssh-keys     = "true"
    code-bucket                = var.code_bucket
    enable-oslogin             = "TRUE"
    environment                = join("\n", [for key, value in var.environment : "${key}=${value}"])
    google-logging-enabled     = "true"
    google-monitoring-enabled  = "true"
    image-registry             = split("/", var.packages.docker)[0]
    python-index               = var.packages.python
    serial-port-logging-enable = "true"
    startup-script             = local.startup_script
    sync-script                = file("${path.module}/scripts/sync.py")
  }

  service_account {
    email  = var.account
    scopes = ["cloud-platform"]
  }

  shielded_instance_config {
    enable_secure_boot          = true
    enable_vtpm                 = true
    enable_integrity_monitoring = true
  }

  lifecycle {
    # The machine reads its settings at a start only (where the jobs lie is one of them), so
    # changed ones replace it; the disk stays.
    replace_triggered_by = [terraform_data.startup]
    ignore_changes       = [boot_disk[0].initialize_params[0].image]
  }
}

locals {
  startup_script = join("\n", [file("${path.module}/../../scripts/lib.sh"), file("${path.module}/scripts/airflow.sh")])
}

resource "terraform_data" "startup" {
  input = sha256(jsonencode([local.startup_script, var.airflow_version, var.environment]))
}
