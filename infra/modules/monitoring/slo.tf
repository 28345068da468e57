# Service levels, as the readers of the data see them.

resource "google_monitoring_custom_service" "pipeline" {
  project      = var.project_id
  service_id   = "${var.name}-pipeline"
  display_name = "${var.name}: market data"
}

# Freshness: messages reach Kafka within a minute.
resource "google_monitoring_slo" "freshness" {
  project             = var.project_id
  service             = google_monitoring_custom_service.pipeline.service_id
  slo_id              = "freshness"
  display_name        = "In 99 % of the 5-minute windows no message waits longer than 60 s at the bridge"
  goal                = 0.99
  rolling_period_days = 28

  windows_based_sli {
    window_period = "300s"

    metric_mean_in_range {
      time_series = "resource.type=\"pubsub_subscription\" AND metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND (${local.subscriptions})"

      range {
        min = 0
        max = 60
      }
    }
  }
}

# Freshness, the second half of the way: the live tables follow Kafka within a minute.
resource "google_monitoring_slo" "stream_lag" {
  project             = var.project_id
  service             = google_monitoring_custom_service.pipeline.service_id
  slo_id              = "stream-lag"
  display_name        = "In 99 % of the 5-minute windows the stream is less than 60 s behind Kafka"
  goal                = 0.99
  rolling_period_days = 28

  windows_based_sli {
    window_period = "300s"

    metric_mean_in_range {
      time_series = local.stream_gauge.lag_seconds

      range {
        min = 0
        max = 60
      }
    }
  }

  depends_on = [google_monitoring_metric_descriptor.stream]
}

# Availability: sweeps that brought all their pages, of all sweeps.
resource "google_monitoring_slo" "polls" {
  project             = var.project_id
  service             = google_monitoring_custom_service.pipeline.service_id
  slo_id              = "polls"
  display_name        = "99 % of the calls of the function poll succeed"
  goal                = 0.99
  rolling_period_days = 28

  request_based_sli {
    good_total_ratio {
      good_service_filter  = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${var.name}-poll\" AND metric.type=\"run.googleapis.com/request_count\" AND metric.labels.response_code_class=\"2xx\""
      total_service_filter = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${var.name}-poll\" AND metric.type=\"run.googleapis.com/request_count\""
    }
  }
}

# What sweeps bring: pairs that the exchanges claim, and rows that the contract accepts.
resource "google_monitoring_slo" "sweeps" {
  for_each = {
    completeness = {
      figure = "sweep_completeness"
      min    = 100 * var.least_completeness
      max    = 100
      goal   = 0.95
      title  = "95 % of the market sweeps bring ${100 * var.least_completeness} % of the claimed pairs"
    }
    dead-letters = {
      figure = "sweep_dead_letters"
      min    = 0
      max    = var.dead_letters_per_hour
      goal   = 0.99
      title  = "99 % of the sweeps have no more than ${var.dead_letters_per_hour} refused rows"
    }
  }

  project             = var.project_id
  service             = google_monitoring_custom_service.pipeline.service_id
  slo_id              = each.key
  display_name        = each.value.title
  goal                = each.value.goal
  rolling_period_days = 28

  request_based_sli {
    distribution_cut {
      distribution_filter = "resource.type=\"cloud_run_revision\" AND metric.type=\"${local.log_metric[each.value.figure]}\""

      range {
        min = each.value.min
        max = each.value.max
      }
    }
  }

  depends_on = [google_logging_metric.figures]
}
