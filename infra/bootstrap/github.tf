resource "google_iam_workload_identity_pool" "github" {
  count                     = var.github_repository == null ? 0 : 1
  project                   = var.project_id
  workload_identity_pool_id = "github"
  display_name              = "GitHub Actions"
}

resource "google_iam_workload_identity_pool_provider" "github" {
  # checkov:skip=CKV_GCP_125:Bound by the claim repository, and applies by repository and ref; sub differs between branches, environments and pull requests.
  count                              = var.github_repository == null ? 0 : 1
  project                            = var.project_id
  workload_identity_pool_id          = google_iam_workload_identity_pool.github[0].workload_identity_pool_id
  workload_identity_pool_provider_id = "github"
  display_name                       = "GitHub Actions"

  # Only this repository's tokens are taken at all.
  attribute_condition = "assertion.repository == '${var.github_repository}'"
  attribute_mapping = {
    "google.subject"       = "assertion.sub"
    "attribute.repository" = "assertion.repository"
    "attribute.ref"        = "assertion.repository + '@' + assertion.ref"
  }

  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}

resource "google_service_account" "deployer" {
  count        = var.github_repository == null ? 0 : 1
  project      = var.project_id
  account_id   = "terraform-deployer"
  display_name = "Terraform: apply on main"
}

resource "google_service_account" "planner" {
  count        = var.github_repository == null ? 0 : 1
  project      = var.project_id
  account_id   = "terraform-planner"
  display_name = "Terraform: plan on pull requests"
}

# Applies come from the main branch only; plans from any branch of the repository.
resource "google_service_account_iam_member" "deployer" {
  count              = var.github_repository == null ? 0 : 1
  service_account_id = google_service_account.deployer[0].name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.github[0].name}/attribute.ref/${var.github_repository}@refs/heads/main"
}

resource "google_service_account_iam_member" "planner" {
  count              = var.github_repository == null ? 0 : 1
  service_account_id = google_service_account.planner[0].name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.github[0].name}/attribute.repository/${var.github_repository}"
}

resource "google_project_iam_member" "deployer" {
  # checkov:skip=CKV_GCP_49:The account that creates service accounts and binds their roles has to manage them.
  # checkov:skip=CKV_GCP_42:It administers the services that infra/ creates, one role each, and no basic role.
  # checkov:skip=CKV_GCP_41:It attaches the workloads' accounts to machines and functions.
  for_each = var.github_repository == null ? [] : local.deployer_roles
  project  = var.project_id
  role     = each.value
  member   = google_service_account.deployer[0].member
}

resource "google_project_iam_member" "planner" {
  # checkov:skip=CKV_GCP_117:A plan reads every kind of resource; viewer is read-only and holds no secret's value.
  for_each = var.github_repository == null ? [] : local.planner_roles
  project  = var.project_id
  role     = each.value
  member   = google_service_account.planner[0].member
}

resource "google_storage_bucket_iam_member" "state" {
  for_each = var.github_repository == null ? {} : {
    deployer = { role = "roles/storage.objectUser", member = google_service_account.deployer[0].member }
    planner  = { role = "roles/storage.objectViewer", member = google_service_account.planner[0].member }
  }
  bucket = google_storage_bucket.state.name
  role   = each.value.role
  member = each.value.member
}
