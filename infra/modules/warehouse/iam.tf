# Entries of the datasets' access lists, not google_bigquery_dataset_iam_member: that one
# rewrites a list as an IAM policy and removes the authorised datasets below from it.
# https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/bigquery_dataset_iam

locals {
  access = merge(
    {
      for pair in setproduct(keys(local.datasets), keys(var.editors)) : join("/", pair) => {
        dataset = pair[0], role = "roles/bigquery.dataEditor", member = var.editors[pair[1]]
      }
    },
    {
      for member in var.mart_readers : "marts/${member}" => {
        dataset = "marts", role = "roles/bigquery.dataViewer", member = member
      }
    },
  )
}

resource "google_bigquery_dataset_access" "members" {
  for_each       = local.access
  project        = var.project_id
  dataset_id     = google_bigquery_dataset.datasets[each.value.dataset].dataset_id
  role           = each.value.role
  domain         = startswith(each.value.member, "domain:") ? trimprefix(each.value.member, "domain:") : null
  group_by_email = startswith(each.value.member, "group:") ? trimprefix(each.value.member, "group:") : null
  user_by_email  = can(regex("^(user|serviceAccount):", each.value.member)) ? split(":", each.value.member)[1] : null
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
