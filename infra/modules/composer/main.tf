# Composer 3, private: no public address, packages through Artifact Registry only. The bucket
# is ours, so that DAGs and pip's configuration stand in it before the environment starts.

resource "google_storage_bucket" "dags" {
  # checkov:skip=CKV_GCP_62:Holds what this repository uploads and task logs; Cloud Audit Logs record access.
  project                     = var.project_id
  name                        = "${var.project_id}-${var.name}-composer"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true

  versioning {
    enabled = true
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = 30
      matches_prefix = ["logs/"]
    }
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      days_since_noncurrent_time = 14
      num_newer_versions         = 2
    }
  }
}

resource "google_composer_environment" "airflow" {
  project = var.project_id
  region  = var.region
  name    = "${var.name}-airflow"

  config {
    environment_size           = var.size
    resilience_mode            = var.size == "ENVIRONMENT_SIZE_SMALL" ? "STANDARD_RESILIENCE" : "HIGH_RESILIENCE"
    enable_private_environment = true
    enable_private_builds_only = true

    software_config {
      image_version            = var.image_version
      env_variables            = var.environment
      pypi_packages            = var.packages
      web_server_plugins_mode  = "ENABLED"
      airflow_config_overrides = local.airflow_config
    }

    node_config {
      network         = var.network_id
      subnetwork      = var.subnet_id
      service_account = var.account
      tags            = ["airflow"]
    }

    workloads_config {
      scheduler {
        count      = 1
        cpu        = 0.5
        memory_gb  = 2
        storage_gb = 1
      }

      triggerer {
        count     = 1
        cpu       = 0.5
        memory_gb = 1
      }

      dag_processor {
        count      = 1
        cpu        = 0.5
        memory_gb  = 2
        storage_gb = 1
      }

      web_server {
        cpu        = 1 # the least that Composer 3 takes
        memory_gb  = 2
        storage_gb = 1
      }

      worker {
        min_count  = 1
        max_count  = var.max_workers
        cpu        = 1
        memory_gb  = 4
        storage_gb = 2
      }
    }

    maintenance_window {
      start_time = "2026-01-03T01:00:00Z"
      end_time   = "2026-01-03T05:00:00Z"
      recurrence = "FREQ=WEEKLY;BYDAY=SA,SU,WE"
    }
  }

  storage_config {
    bucket = google_storage_bucket.dags.name
  }

  depends_on = [
    google_project_iam_member.worker,
    google_storage_bucket_object.pip,
    google_storage_bucket_iam_member.airflow,
  ]
}

locals {
  airflow_config = {
    "core-dags_are_paused_at_creation"      = "False"
    "core-default_task_retries"             = "2"
    "core-max_active_runs_per_dag"          = "1"
    "scheduler-catchup_by_default"          = "False"
    "webserver-rbac_user_registration_role" = "Viewer"
  }
}

resource "google_project_iam_member" "worker" {
  # checkov:skip=CKV_GCP_49:composer.worker is the role that Composer demands of an environment's account.
  project = var.project_id
  role    = "roles/composer.worker"
  member  = var.member
}

resource "google_storage_bucket_iam_member" "airflow" {
  bucket = google_storage_bucket.dags.name
  role   = "roles/storage.objectUser"
  member = var.member
}

# pip inside Composer asks Artifact Registry; it signs in as the environment's account.
resource "google_storage_bucket_object" "pip" {
  bucket  = google_storage_bucket.dags.name
  name    = "config/pip/pip.conf"
  content = "[global]\nindex-url = ${var.python_index}\n"
}
