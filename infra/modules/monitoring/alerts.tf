# Each alert says what is wrong for the reader of the data and links the runbook's section.

resource "google_monitoring_notification_channel" "email" {
  count        = var.email == null ? 0 : 1
  project      = var.project_id
  display_name = "${var.name}: ${var.email}"
  type         = "email"
  labels       = { email_address = var.email }
}

locals {
  alerts = merge(local.thresholds, local.absences, local.queries)
  links  = { for key, alert in local.alerts : key => "${var.runbook}#${replace(lower(alert.section), " ", "-")}" }
}

resource "google_monitoring_alert_policy" "alerts" {
  for_each              = local.alerts
  project               = var.project_id
  display_name          = "${var.name}: ${each.value.title}"
  combiner              = "OR"
  notification_channels = google_monitoring_notification_channel.email[*].id

  conditions {
    display_name = each.value.title

    dynamic "condition_threshold" {
      for_each = contains(keys(local.thresholds), each.key) ? [each.value] : []

      content {
        filter          = condition_threshold.value.filter
        comparison      = can(condition_threshold.value.below) ? "COMPARISON_LT" : "COMPARISON_GT"
        threshold_value = try(condition_threshold.value.above, condition_threshold.value.below)
        duration        = "${condition_threshold.value.duration}s"

        aggregations {
          alignment_period     = "${try(condition_threshold.value.period, 300)}s"
          per_series_aligner   = condition_threshold.value.aligner
          cross_series_reducer = condition_threshold.value.reducer
        }
      }
    }

    dynamic "condition_absent" {
      for_each = contains(keys(local.absences), each.key) ? [each.value] : []

      content {
        filter   = condition_absent.value.filter
        duration = "${condition_absent.value.silence}s"

        aggregations {
          alignment_period     = "300s"
          per_series_aligner   = condition_absent.value.aligner
          cross_series_reducer = "REDUCE_MAX"
        }
      }
    }

    dynamic "condition_prometheus_query_language" {
      for_each = contains(keys(local.queries), each.key) ? [each.value] : []

      content {
        query               = condition_prometheus_query_language.value.query
        duration            = "300s"
        evaluation_interval = "300s"
        # The metric appears with its first value only.
        disable_metric_validation = true
      }
    }
  }

  documentation {
    content   = "${each.value.text}\n\nRunbook (infra/README.md), section *${each.value.section}*: ${local.links[each.key]}"
    mime_type = "text/markdown"

    links {
      display_name = "Runbook: ${each.value.section}"
      url          = local.links[each.key]
    }
  }

  dynamic "alert_strategy" {
    for_each = contains(keys(local.queries), each.key) ? [] : [1]

    content {
      auto_close = "86400s"
    }
  }

  # A policy on a metric that does not exist yet is refused.
  depends_on = [google_logging_metric.events, google_logging_metric.figures, google_monitoring_metric_descriptor.stream]
}
