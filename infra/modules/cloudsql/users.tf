# IAM database users. PostgreSQL knows a service account by its address without the suffix
# .gserviceaccount.com. Which tables they may touch is granted by the job `grants`.

locals {
  service_accounts = {
    for key, member in var.service_accounts : key => trimsuffix(trimprefix(member, "serviceAccount:"), ".gserviceaccount.com")
  }
  people = toset([for member in var.readers : member if can(regex("^(user|group):", member))])
}

resource "google_sql_user" "services" {
  for_each = local.service_accounts
  project  = var.project_id
  instance = google_sql_database_instance.postgres.name
  name     = each.value
  type     = "CLOUD_IAM_SERVICE_ACCOUNT"

  # Only the account that migrates may make schemas and roles.
  database_roles = each.key == var.migrator ? ["cloudsqlsuperuser"] : null
}

resource "google_sql_user" "readers" {
  for_each = local.people
  project  = var.project_id
  instance = google_sql_database_instance.postgres.name
  name     = split(":", each.value)[1]
  type     = startswith(each.value, "group:") ? "CLOUD_IAM_GROUP" : "CLOUD_IAM_USER"
}

resource "google_project_iam_member" "clients" {
  for_each = {
    for pair in setproduct(concat(values(var.service_accounts), sort(tolist(local.people))), ["roles/cloudsql.client", "roles/cloudsql.instanceUser"]) :
    join(" ", pair) => { member = pair[0], role = pair[1] }
  }
  project = var.project_id
  role    = each.value.role
  member  = each.value.member

  condition {
    title       = "this-instance-only"
    description = "Only the PostgreSQL instance of this deployment."
    expression  = "resource.name == \"projects/${var.project_id}/instances/${google_sql_database_instance.postgres.name}\" && resource.type == \"sqladmin.googleapis.com/Instance\""
  }
}
