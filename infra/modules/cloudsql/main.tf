# PostgreSQL is the stream job's ledger: private, TLS only, point-in-time recovery, and no
# password at all: every account is an IAM account.

resource "google_sql_database_instance" "postgres" {
  # checkov:skip=CKV_GCP_6:ssl_mode ENCRYPTED_ONLY refuses connections without TLS; the check knows the older attribute only.
  # checkov:skip=CKV_GCP_108:A reverse look-up per connection in a network without public names.
  # checkov:skip=CKV2_GCP_13:A line per statement; query insights keep durations instead.
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

    # Who connected and what changed the schema is logged; statements, which hold data, are not.
    database_flags {
      name  = "cloudsql.iam_authentication"
      value = "on"
    }

    database_flags {
      name  = "cloudsql.enable_pgaudit"
      value = "on"
    }

    database_flags {
      name  = "pgaudit.log"
      value = "ddl,role"
    }

    database_flags {
      name  = "log_checkpoints"
      value = "on"
    }

    database_flags {
      name  = "log_connections"
      value = "on"
    }

    database_flags {
      name  = "log_disconnections"
      value = "on"
    }

    database_flags {
      name  = "log_lock_waits"
      value = "on"
    }

    database_flags {
      name  = "log_min_duration_statement"
      value = "-1"
    }

    database_flags {
      name  = "log_min_error_statement"
      value = "error"
    }

    database_flags {
      name  = "log_min_messages"
      value = "error"
    }

    database_flags {
      name  = "log_statement"
      value = "ddl"
    }

    database_flags {
      name  = "log_temp_files"
      value = "0"
    }
  }

  lifecycle {
    # The disk grows by itself.
    ignore_changes = [settings[0].disk_size]
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
