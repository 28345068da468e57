# IAM database users. PostgreSQL knows a service account by its address without the suffix
# .gserviceaccount.com. The owner migrates and writes; everybody else becomes a member of
# market_writer or market_reader, roles that the first migration makes, so they come after it.

locals {
  names = {
    for key, member in merge({ owner = var.owner }, var.readers, var.writers) : key => (
      startswith(member, "serviceAccount:")
      ? trimsuffix(trimprefix(member, "serviceAccount:"), ".gserviceaccount.com")
      : split(":", member)[1]
    )
  }
  kinds = {
    group          = "CLOUD_IAM_GROUP"
    serviceAccount = "CLOUD_IAM_SERVICE_ACCOUNT"
    user           = "CLOUD_IAM_USER"
  }
}

resource "google_sql_user" "owner" {
  project        = var.project_id
  instance       = google_sql_database_instance.postgres.name
  name           = local.names.owner
  type           = "CLOUD_IAM_SERVICE_ACCOUNT"
  database_roles = ["cloudsqlsuperuser"] # makes schemas and roles
}

resource "terraform_data" "migrated" {
  input = var.migration
}

resource "google_sql_user" "readers" {
  for_each       = var.readers
  project        = var.project_id
  instance       = google_sql_database_instance.postgres.name
  name           = local.names[each.key]
  type           = local.kinds[split(":", each.value)[0]]
  database_roles = ["market_reader"]

  depends_on = [terraform_data.migrated]
}

resource "google_sql_user" "writers" {
  for_each       = var.writers
  project        = var.project_id
  instance       = google_sql_database_instance.postgres.name
  name           = local.names[each.key]
  type           = local.kinds[split(":", each.value)[0]]
  database_roles = ["market_writer"]

  depends_on = [terraform_data.migrated]
}

resource "google_project_iam_member" "clients" {
  for_each = {
    for pair in setproduct(concat([var.owner], values(var.readers), values(var.writers)), ["roles/cloudsql.client", "roles/cloudsql.instanceUser"]) :
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
