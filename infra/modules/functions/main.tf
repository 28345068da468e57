resource "google_service_account" "functions" {
  for_each     = var.functions
  project      = var.project_id
  account_id   = "${var.name}-${each.value.account}"
  display_name = "${var.name}: function ${each.key}"
  description  = each.value.description
}

resource "google_cloudfunctions2_function" "functions" {
  for_each    = var.functions
  project     = var.project_id
  location    = var.region
  name        = "${var.name}-${replace(each.key, "_", "-")}"
  description = each.value.description

  build_config {
    runtime           = "python311"
    entry_point       = each.key
    docker_repository = var.image_repository
    service_account   = google_service_account.build.id

    source {
      storage_source {
        bucket = google_storage_bucket_object.source.bucket
        object = google_storage_bucket_object.source.name
      }
    }
  }

  service_config {
    service_account_email            = google_service_account.functions[each.key].email
    available_cpu                    = each.value.cpu
    available_memory                 = each.value.memory
    timeout_seconds                  = each.value.timeout_seconds
    max_instance_count               = each.value.max_instances
    max_instance_request_concurrency = 1
    ingress_settings                 = "ALLOW_INTERNAL_ONLY"
    all_traffic_on_latest_revision   = true

    environment_variables = merge(var.environment, { LOG_EXECUTION_ID = "true" })

    dynamic "secret_environment_variables" {
      for_each = each.value.needs_api_key ? [1] : []
      content {
        key        = "COINCAP_API_KEY"
        project_id = var.project_id
        secret     = var.api_key_secret
        version    = "latest"
      }
    }
  }

  depends_on = [
    google_artifact_registry_repository_iam_member.build,
    google_project_iam_member.build_logs,
    google_project_iam_member.build_sources,
  ]
}

resource "google_cloud_run_service_iam_member" "callers" {
  for_each = merge([
    for name, function in var.functions : {
      for caller in function.callers : "${name}/${caller}" => { name = name, caller = caller }
    }
  ]...)
  project  = var.project_id
  location = var.region
  service  = google_cloudfunctions2_function.functions[each.value.name].name
  role     = "roles/run.invoker"
  member   = var.callers[each.value.caller]
}
