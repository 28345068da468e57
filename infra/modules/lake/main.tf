# Two buckets: the lake (raw pages, claims, state, Delta tables) and the code of the jobs.

resource "google_storage_bucket" "lake" {
  # checkov:skip=CKV_GCP_62:Access to the lake is recorded by Cloud Audit Logs; usage logs are the older way.
  # checkov:skip=CKV_GCP_78:Soft delete keeps a deleted object for 7 days; versions of Delta files would double the lake.
  project                     = var.project_id
  name                        = "${var.project_id}-${var.name}-lake"
  location                    = var.region
  storage_class               = "STANDARD"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.deletion_protection

  soft_delete_policy {
    retention_duration_seconds = 604800
  }

  # Raw pages are the proof of what CoinCap said: kept, but rarely read after some months.
  lifecycle_rule {
    action {
      type          = "SetStorageClass"
      storage_class = var.raw_pages.colder_class
    }
    condition {
      age            = var.raw_pages.colder_after_days
      matches_prefix = ["raw/"]
    }
  }

  dynamic "lifecycle_rule" {
    for_each = var.raw_pages.delete_after_days[*]
    content {
      action {
        type = "Delete"
      }
      condition {
        age            = lifecycle_rule.value
        matches_prefix = ["raw/"]
      }
    }
  }

  # Claims matter while a tick can still be called again: Kafka keeps messages for days, not weeks.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = 14
      matches_prefix = ["ticks/"]
    }
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 2
    }
  }
}

resource "google_storage_bucket" "code" {
  # checkov:skip=CKV_GCP_62:Holds only what this repository uploads; Cloud Audit Logs record access.
  project                     = var.project_id
  name                        = "${var.project_id}-${var.name}-code"
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
      days_since_noncurrent_time = 30
      num_newer_versions         = 3
    }
  }
}

# What Dataproc and Spark write beside the lake: driver logs, checkpoints, event logs.
resource "google_storage_bucket" "scratch" {
  # checkov:skip=CKV_GCP_62:Temporary files; Cloud Audit Logs record access.
  # checkov:skip=CKV_GCP_78:Temporary files, rebuilt from the ledger in PostgreSQL.
  project                     = var.project_id
  name                        = "${var.project_id}-${var.name}-scratch"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true

  soft_delete_policy {
    retention_duration_seconds = 0
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = 30
      matches_prefix = ["google-cloud-dataproc-metainfo/", "spark-events/"]
    }
  }
}
