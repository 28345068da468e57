output "datasets" {
  description = "The datasets' ids."
  value       = { for key, dataset in google_bigquery_dataset.datasets : key => dataset.dataset_id }
}

output "tables" {
  description = "Ids of the tables of dataset raw."
  value       = keys(google_bigquery_table.raw)
}
