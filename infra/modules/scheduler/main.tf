# One job per cadence. Cloud Scheduler may fire a tick twice and repeats it
# after an error; both are harmless, because the function claims a tick before it asks
# CoinCap anything.

resource "google_cloud_scheduler_job" "polls" {
  for_each         = var.jobs
  project          = var.project_id
  region           = var.region
  name             = "${var.name}-${each.key}"
  description      = each.value.description
  schedule         = each.value.schedule
  time_zone        = "Etc/UTC"
  attempt_deadline = "1800s"
  paused           = each.value.paused

  # A worker that was killed holds its tick for 600 s, and calls are answered 409 until then:
  # 60 + 120 + 240 + 480 + 600 s of waiting reach beyond it.
  retry_config {
    retry_count          = 5
    min_backoff_duration = "60s"
    max_backoff_duration = "600s"
    max_doublings        = 4
  }

  http_target {
    http_method = "POST"
    uri         = var.target.uri
    body        = base64encode(each.value.body)
    headers     = { "Content-Type" = "application/json" }

    oidc_token {
      service_account_email = google_service_account.caller.email
      audience              = var.target.uri
    }
  }
}

resource "google_service_account" "caller" {
  project      = var.project_id
  account_id   = "${var.name}-scheduler"
  display_name = "${var.name}: calls the poll function"
}
