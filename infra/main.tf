# CoinCap market data on Google Cloud. Read in this order: foundation.tf (network,
# repositories, secrets, buckets), ingest.tf (functions, schedule, Pub/Sub), stream.tf
# (Kafka, bridge, Dataproc, PostgreSQL), batch.tf (warehouse, orchestration), observe.tf.

locals {
  labels = merge({ deployment = var.name, profile = var.profile, managed-by = "terraform" }, var.labels)

  repository = abspath("${path.root}/..")
  contract   = "${path.module}/../functions/coincap"

  topics_file = jsondecode(file("${local.contract}/topics.json"))
  topics      = { for name, topic in local.topics_file.topics : name => merge(local.topics_file.defaults, topic) }

  # The project's id, known only once the APIs are on: whoever uses it waits for them.
  project_id = values(google_project_service.services)[0].project

  # Where this deployment's own machines stand; each module takes of it what it needs.
  site = {
    name       = var.name
    os_image   = local.os_image
    project_id = local.project_id
    region     = var.region
    subnet_id  = module.network.subnet_id
    zones      = local.zones
  }

  services = toset([
    "artifactregistry.googleapis.com",
    "bigquery.googleapis.com",
    "cloudbuild.googleapis.com",
    "cloudfunctions.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "cloudscheduler.googleapis.com",
    "composer.googleapis.com",
    "compute.googleapis.com",
    "dataproc.googleapis.com",
    "dns.googleapis.com",
    "iam.googleapis.com",
    "iap.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "pubsub.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "servicenetworking.googleapis.com",
    "sqladmin.googleapis.com",
    "storage.googleapis.com",
  ])
}

resource "google_project_service" "services" {
  for_each           = local.services
  project            = var.project_id
  service            = each.value
  disable_on_destroy = false
}

# Who read the key, and when: kept with the other audit logs.
resource "google_project_iam_audit_config" "secrets" {
  project = local.project_id
  service = "secretmanager.googleapis.com"

  audit_log_config {
    log_type = "DATA_READ"
  }
}
