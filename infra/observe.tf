locals {
  runbook = coalesce(var.runbook_url, "https://console.cloud.google.com/storage/browser/_details/${module.lake.code_bucket}/README.md")

  # The most frequent poll sets the pace of the whole pipeline; Cloud Monitoring's absence
  # conditions reach back 23.5 hours at most.
  pace_seconds = min(values(local.jobs)[*].every_minutes...) * 60

  # Looker Studio's linking API: opens a new report on the mart.
  # https://developers.google.com/looker-studio/integrate/linking-api
  looker_parameters = {
    "c.mode"                  = "edit"
    "r.reportName"            = "CoinCap market overview"
    "ds.ds0.connector"        = "bigQuery"
    "ds.ds0.datasourceName"   = "rpt_market_overview"
    "ds.ds0.projectId"        = var.project_id
    "ds.ds0.type"             = "TABLE"
    "ds.ds0.datasetId"        = module.warehouse.datasets["marts"]
    "ds.ds0.tableId"          = "rpt_market_overview"
    "ds.ds0.billingProjectId" = var.project_id
  }
  looker_url = "https://lookerstudio.google.com/reporting/create?${join("&", [for key, value in local.looker_parameters : "${key}=${urlencode(value)}"])}"
}

module "monitoring" {
  source                = "./modules/monitoring"
  project_id            = local.project_id
  name                  = var.name
  email                 = var.alert_email
  on_composer           = local.on_composer
  bridge_subscriptions  = module.pubsub.bridge_subscriptions
  dead_letters_per_hour = 100
  least_completeness    = 0.9

  # Weekly and monthly jobs put their whole price on one day; beyond that, a day has half a day of slack.
  credits_per_day = ceil(sum([for job in values(local.jobs) : max(1, 1440 / job.every_minutes) * job.credits_per_run]) * 1.5)

  silence_seconds = min(84600, max(1800, local.pace_seconds * 3))
  runbook         = local.runbook
}

# The runbook goes along, so that an alert's link works without the repository.
resource "google_storage_bucket_object" "runbook" {
  bucket  = module.lake.code_bucket
  name    = "README.md"
  content = file("${path.module}/README.md")
}

module "grafana" {
  count           = var.grafana ? 1 : 0
  source          = "./modules/grafana"
  project_id      = local.project_id
  region          = var.region
  name            = var.name
  network_id      = module.network.network_id
  subnet_id       = module.network.subnet_id
  connection_name = module.cloudsql.connection_name
  database        = module.cloudsql.database
  image           = "${module.registry.repositories.docker}/grafana/grafana:11.6.2"
  dashboards_dir  = "${path.module}/../local_stack/grafana"
  viewers         = var.mart_readers
}
