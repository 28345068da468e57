# Grafana on Cloud Run behind Identity-Aware Proxy, off by default: the local stack's
# dashboards for those who want them in the cloud too. Scales to zero.

locals {
  audience = "/projects/${data.google_project.project.number}/locations/${var.region}/services/${var.name}-grafana"
  member   = "serviceAccount:${google_service_account.grafana.account_id}@${var.project_id}.iam.gserviceaccount.com"
}

resource "google_service_account" "grafana" {
  project      = var.project_id
  account_id   = "${var.name}-grafana"
  display_name = "${var.name}: Grafana"
}

resource "google_storage_bucket" "config" {
  # checkov:skip=CKV_GCP_62:Holds dashboards of this repository; Cloud Audit Logs record access.
  project                     = var.project_id
  name                        = "${var.project_id}-${var.name}-grafana"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true

  versioning {
    enabled = true
  }
}

resource "google_storage_bucket_object" "dashboards" {
  for_each       = fileset(var.dashboards_dir, "dashboards/*.json")
  bucket         = google_storage_bucket.config.name
  name           = each.value
  source         = "${var.dashboards_dir}/${each.value}"
  source_md5hash = filemd5("${var.dashboards_dir}/${each.value}")
}

resource "google_storage_bucket_object" "provider" {
  bucket  = google_storage_bucket.config.name
  name    = "provisioning/dashboards/coincap.yaml"
  content = file("${var.dashboards_dir}/provisioning/dashboards/coincap.yaml")
}

resource "google_storage_bucket_object" "data_source" {
  bucket = google_storage_bucket.config.name
  name   = "provisioning/datasources/postgresql.yaml"
  content = templatefile("${path.module}/templates/postgresql.yaml.tftpl", {
    user     = "${google_service_account.grafana.account_id}@${var.project_id}.iam"
    database = var.database
  })
}

resource "google_storage_bucket_iam_member" "config" {
  bucket = google_storage_bucket.config.name
  role   = "roles/storage.objectViewer"
  member = local.member
}

resource "google_cloud_run_v2_service" "grafana" {
  project             = var.project_id
  location            = var.region
  name                = "${var.name}-grafana"
  description         = "Live dashboards over PostgreSQL."
  ingress             = "INGRESS_TRAFFIC_ALL" # Identity-Aware Proxy stands in front
  iap_enabled         = true
  deletion_protection = false

  template {
    service_account = google_service_account.grafana.email

    scaling {
      max_instance_count = 1
    }

    containers {
      name       = "grafana"
      image      = var.image
      depends_on = ["postgres"]

      ports {
        container_port = 3000
      }

      resources {
        limits = { cpu = "1", memory = "512Mi" }
      }

      # Whoever comes is known by the proxy's signed header and by nothing else: no visitor
      # without a name, no password, no admin. Everybody may look, nobody may edit.
      # https://cloud.google.com/iap/docs/signed-headers-howto
      dynamic "env" {
        for_each = {
          GF_AUTH_ANONYMOUS_ENABLED                  = "false"
          GF_AUTH_BASIC_ENABLED                      = "false"
          GF_AUTH_DISABLE_LOGIN_FORM                 = "true"
          GF_AUTH_JWT_AUTO_SIGN_UP                   = "true"
          GF_AUTH_JWT_EMAIL_CLAIM                    = "email"
          GF_AUTH_JWT_ENABLED                        = "true"
          GF_AUTH_JWT_EXPECT_CLAIMS                  = jsonencode({ iss = "https://cloud.google.com/iap", aud = local.audience })
          GF_AUTH_JWT_HEADER_NAME                    = "X-Goog-IAP-JWT-Assertion"
          GF_AUTH_JWT_JWK_SET_URL                    = "https://www.gstatic.com/iap/verify/public_key-jwk"
          GF_AUTH_JWT_USERNAME_CLAIM                 = "email"
          GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION = "true"
          GF_USERS_ALLOW_SIGN_UP                     = "false"
          GF_USERS_AUTO_ASSIGN_ORG_ROLE              = "Viewer"
        }
        content {
          name  = env.key
          value = env.value
        }
      }

      env {
        name  = "GF_PATHS_PROVISIONING"
        value = "/etc/grafana/coincap/provisioning"
      }

      volume_mounts {
        name       = "config"
        mount_path = "/etc/grafana/coincap"
      }
    }

    containers {
      name  = "postgres"
      image = "gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.18.2"
      args  = ["--private-ip", "--auto-iam-authn", "--port=5432", "--health-check", "--http-address=0.0.0.0", var.connection_name]

      startup_probe {
        http_get {
          path = "/startup"
          port = 9090
        }
      }
    }

    volumes {
      name = "config"

      gcs {
        bucket    = google_storage_bucket.config.name
        read_only = true
      }
    }

    vpc_access {
      egress = "PRIVATE_RANGES_ONLY"

      network_interfaces {
        network    = var.network_id
        subnetwork = var.subnet_id
        tags       = ["airflow"] # may reach PostgreSQL, and is reached by nobody
      }
    }
  }
}

resource "google_iap_web_cloud_run_service_iam_member" "viewers" {
  for_each               = toset(var.viewers)
  project                = var.project_id
  location               = var.region
  cloud_run_service_name = google_cloud_run_v2_service.grafana.name
  role                   = "roles/iap.httpsResourceAccessor"
  member                 = each.value
}

# Identity-Aware Proxy itself calls the service, as its service agent.
# https://cloud.google.com/run/docs/securing/identity-aware-proxy-cloud-run
data "google_project" "project" {
  project_id = var.project_id
}

resource "google_cloud_run_v2_service_iam_member" "proxy" {
  project  = var.project_id
  location = var.region
  name     = google_cloud_run_v2_service.grafana.name
  role     = "roles/run.invoker"
  member   = "serviceAccount:service-${data.google_project.project.number}@gcp-sa-iap.iam.gserviceaccount.com"
}
