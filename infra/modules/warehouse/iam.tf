resource "google_bigquery_dataset_iam_member" "editors" {
  for_each   = { for pair in setproduct(keys(local.datasets), keys(var.editors)) : join("/", pair) => pair }
  project    = var.project_id
  dataset_id = google_bigquery_dataset.datasets[each.value[0]].dataset_id
  role       = "roles/bigquery.dataEditor"
  member     = var.editors[each.value[1]]
}

resource "google_bigquery_dataset_iam_member" "readers" {
  for_each   = toset(var.mart_readers)
  project    = var.project_id
  dataset_id = google_bigquery_dataset.datasets["marts"].dataset_id
  role       = "roles/bigquery.dataViewer"
  member     = each.value
}

resource "google_project_iam_member" "jobs" {
  for_each = merge(var.editors, { for member in var.mart_readers : member => member })
  project  = var.project_id
  role     = "roles/bigquery.jobUser"
  member   = each.value
}

# The marts may read what they are made of on behalf of their readers (authorised views).
resource "google_bigquery_dataset_access" "marts" {
  for_each   = toset(["raw", "staging", "snapshots"])
  project    = var.project_id
  dataset_id = google_bigquery_dataset.datasets[each.key].dataset_id

  dataset {
    target_types = ["VIEWS"]

    dataset {
      project_id = var.project_id
      dataset_id = google_bigquery_dataset.datasets["marts"].dataset_id
    }
  }
}
