module "network" {
  source            = "./modules/network"
  project_id        = local.project_id
  region            = var.region
  name              = var.name
  cidr              = var.network.cidr
  services_cidr     = var.network.services_cidr
  flow_log_sampling = var.network.flow_log_sampling
}

module "registry" {
  source     = "./modules/registry"
  project_id = local.project_id
  region     = var.region
  name       = var.name
  readers = {
    bridge  = module.bridge.member
    kafka   = module.kafka.member
    stream  = module.dataproc.members.stream
    batch   = module.dataproc.members.batch
    airflow = local.orchestrator
  }
}

module "secrets" {
  source          = "./modules/secrets"
  project_id      = local.project_id
  region          = var.region
  name            = var.name
  api_key         = var.coincap_api_key
  api_key_version = var.coincap_api_key_version
  readers         = { for name in ["poll", "backfill"] : name => module.functions.members[name] }
}

module "lake" {
  source              = "./modules/lake"
  project_id          = local.project_id
  region              = var.region
  name                = var.name
  deletion_protection = var.deletion_protection
  raw_pages           = var.raw_pages

  access = {
    poll-writes-lake     = { bucket = "lake", role = "roles/storage.objectUser", member = module.functions.members["poll"] }
    backfill-writes-lake = { bucket = "lake", role = "roles/storage.objectUser", member = module.functions.members["backfill"] }
    bridge-reads-code    = { bucket = "code", role = "roles/storage.objectViewer", member = module.bridge.member }
    stream-reads-code    = { bucket = "code", role = "roles/storage.objectViewer", member = module.dataproc.members.stream }
    batch-reads-code     = { bucket = "code", role = "roles/storage.objectViewer", member = module.dataproc.members.batch }
    airflow-reads-code   = { bucket = "code", role = "roles/storage.objectViewer", member = local.orchestrator }
    stream-writes-lake   = { bucket = "lake", role = "roles/storage.objectUser", member = module.dataproc.members.stream }
    batch-writes-lake    = { bucket = "lake", role = "roles/storage.objectUser", member = module.dataproc.members.batch }
    airflow-reads-lake   = { bucket = "lake", role = "roles/storage.objectUser", member = local.orchestrator }
    stream-uses-scratch  = { bucket = "scratch", role = "roles/storage.objectUser", member = module.dataproc.members.stream }
    batch-uses-scratch   = { bucket = "scratch", role = "roles/storage.objectUser", member = module.dataproc.members.batch }
    replay-reads-lake    = { bucket = "lake", role = "roles/storage.objectUser", member = module.functions.members["replay_dead_letters"] }
  }
}
