# PostgreSQL is the stream job's ledger: private, TLS only, point-in-time recovery, and no
# password at all: every account is an IAM account.

resource "google_sql_database_instance" "postgres" {
  # checkov:skip=CKV_GCP_6:ssl_mode ENCRYPTED_ONLY refuses connections without TLS; the check knows the older attribute only.
  # checkov:skip=CKV_GCP_79:PostgreSQL 18 is the newest major version; the check's list is older.
  project             = var.project_id
  region              = var.region
  name                = "${var.name}-postgres"
  database_version    = "POSTGRES_18"
  deletion_protection = var.deletion_protection

  settings {
    tier                        = var.tier
    edition                     = "ENTERPRISE"
    availability_type           = var.availability
    disk_type                   = "PD_SSD"
    disk_size                   = var.disk_gb
    disk_autoresize             = true
    disk_autoresize_limit       = var.disk_gb * 10
    deletion_protection_enabled = var.deletion_protection
    retain_backups_on_delete    = var.deletion_protection
    connector_enforcement       = "NOT_REQUIRED"

    ip_configuration {
      ipv4_enabled    = false
      private_network = var.network_id
      ssl_mode        = "ENCRYPTED_ONLY"
    }

    backup_configuration {
      enabled                        = true
      start_time                     = "02:00"
      point_in_time_recovery_enabled = true
      transaction_log_retention_days = var.recovery_days

      backup_retention_settings {
        retained_backups = 14
      }
    }

    maintenance_window {
      day          = 7
      hour         = 4
      update_track = "stable"
    }

    insights_config {
      query_insights_enabled  = true
      query_string_length     = 2048
      record_application_tags = true
      record_client_address   = false
    }

    dynamic "database_flags" {
      for_each = local.flags
      content {
        name  = database_flags.key
        value = database_flags.value
      }
    }
  }

  lifecycle {
    # The disk grows by itself.
    ignore_changes = [settings[0].disk_size]
  }
}

locals {
  flags = {
    "cloudsql.iam_authentication" = "on"
    "cloudsql.enable_pgaudit"     = "on"
    "pgaudit.log"                 = "ddl,role"
    "log_checkpoints"             = "on"
    "log_connections"             = "on"
    "log_disconnections"          = "on"
    "log_duration"                = "off"
    "log_hostname"                = "off"
    "log_lock_waits"              = "on"
    "log_min_duration_statement"  = "-1" # statements can hold data
    "log_min_error_statement"     = "error"
    "log_min_messages"            = "warning"
    "log_statement"               = "ddl"
    "log_temp_files"              = "0"
    "timezone"                    = "UTC"
  }
}

resource "google_sql_database" "coincap" {
  project   = var.project_id
  instance  = google_sql_database_instance.postgres.name
  name      = "coincap"
  charset   = "UTF8"
  collation = "en_US.UTF8"

  # The instance takes its databases along.
  deletion_policy = "ABANDON"
}
