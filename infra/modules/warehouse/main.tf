locals {
  datasets = {
    raw       = "Rows as CoinCap sent them, loaded from the lake; tables follow the contract."
    staging   = "Renamed and typed rows, made by dbt; rebuilt at any time."
    snapshots = "History of assets, rates and exchanges, made by dbt; can't be rebuilt."
    marts     = "What analysts and Looker Studio read, made by dbt."
  }

  # Tables and columns as functions/coincap derives them; a test proves the agreement.
  tables = jsondecode(file("${path.module}/tables.json"))
}

resource "google_bigquery_dataset" "datasets" {
  # checkov:skip=CKV_GCP_81:Public market data; Google's own keys encrypt it.
  for_each                   = local.datasets
  project                    = var.project_id
  dataset_id                 = each.key
  location                   = var.region
  description                = each.value
  max_time_travel_hours      = "168"
  storage_billing_model      = "PHYSICAL"
  delete_contents_on_destroy = !var.deletion_protection
}

resource "google_bigquery_table" "raw" {
  # checkov:skip=CKV_GCP_80:Public market data; Google's own keys encrypt it.
  for_each                 = local.tables
  project                  = var.project_id
  dataset_id               = google_bigquery_dataset.datasets["raw"].dataset_id
  table_id                 = each.key
  description              = each.value.description
  schema                   = jsonencode(each.value.schema)
  clustering               = each.value.clustering
  require_partition_filter = each.value.require_partition_filter
  deletion_protection      = var.deletion_protection

  time_partitioning {
    type  = "DAY"
    field = each.value.partition
  }
}
