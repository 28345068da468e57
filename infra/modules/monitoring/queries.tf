# Figures that need arithmetic: sums over distributions and their ratios, in PromQL. A
# log-based metric NAME/figure is called logging_googleapis_com:user_NAME_figure there.

locals {
  prom = {
    for key in keys(local.figures) : key => "logging_googleapis_com:user_${replace(var.name, "-", "_")}_${key}_sum"
  }

  queries = {
    completeness = {
      title   = "Trading pairs are missing"
      section = "pairs-are-missing"
      query   = "sum(increase(${local.prom.sweep_pairs_got}[1d])) / sum(increase(${local.prom.sweep_pairs_claimed}[1d])) < ${var.least_completeness}"
      text    = "The sweeps of a day brought fewer trading pairs than the exchanges claim."
    }
    credits = {
      title   = "Credits run out before the month"
      section = "credits-run-out"
      query   = "sum(increase(${local.prom.sweep_credits}[1d])) > ${var.credits_per_day}"
      text    = "The last day cost more than its share of the month's CoinCap credits."
    }
    dead-letters = {
      title   = "Rows are refused"
      section = "rows-are-refused"
      query   = "sum(increase(${local.prom.sweep_dead_letters}[1h])) > ${var.dead_letters_per_hour}"
      text    = "CoinCap's rows fail the contract: the API has probably changed. Nothing is lost: rows and reasons are in dead_letters."
    }
    stream-dead-letters = {
      title   = "The stream refuses messages"
      section = "rows-are-refused"
      query   = "sum(increase(${local.prom.stream_dead_letters}[1h])) > ${var.dead_letters_per_hour}"
      text    = "Messages that passed the functions fail in the stream: both read the same contract, so look for another writer or an old version."
    }
  }
}

resource "google_monitoring_alert_policy" "queries" {
  for_each              = local.queries
  project               = var.project_id
  display_name          = "${var.name}: ${each.value.title}"
  combiner              = "OR"
  notification_channels = google_monitoring_notification_channel.email[*].id

  conditions {
    display_name = each.value.title

    condition_prometheus_query_language {
      query               = each.value.query
      duration            = "300s"
      evaluation_interval = "300s"

      # The metric appears with its first value only.
      disable_metric_validation = true
    }
  }

  documentation {
    content   = "${each.value.text}\n\nRunbook: ${var.runbook}#${each.value.section}"
    mime_type = "text/markdown"
  }

  depends_on = [google_logging_metric.figures]
}
