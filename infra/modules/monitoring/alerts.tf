# Each alert says what is wrong for the reader of the data and links the runbook's section.

resource "google_monitoring_notification_channel" "email" {
  count        = var.email == null ? 0 : 1
  project      = var.project_id
  display_name = "${var.name}: ${var.email}"
  type         = "email"
  labels       = { email_address = var.email }
}

locals {
  log_metric = { for key in concat(keys(local.figures), keys(local.events)) : key => "logging.googleapis.com/user/${var.name}/${key}" }

  subscriptions = join(" OR ", [for name in values(var.bridge_subscriptions) : "resource.labels.subscription_id=\"${name}\""])

  thresholds = {
    bridge-lag = {
      title    = "Messages wait at the bridge"
      section  = "messages-wait-at-the-bridge"
      filter   = "resource.type=\"pubsub_subscription\" AND metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND (${local.subscriptions})"
      above    = 300
      duration = 300
      aligner  = "ALIGN_MAX"
      reducer  = "REDUCE_MAX"
      text     = "The oldest message has waited for more than 5 minutes before it reached Kafka. The worker's own status says nothing: look at the lag."
    }
    sweeps-fail = {
      title    = "Polls of CoinCap fail"
      section  = "polls-fail"
      filter   = "resource.type=\"cloud_run_revision\" AND metric.type=\"${local.log_metric.sweep_failed}\""
      above    = 2
      duration = 0
      aligner  = "ALIGN_DELTA"
      reducer  = "REDUCE_SUM"
      period   = 3600
      text     = "More than two sweeps failed within an hour: CoinCap is down, the key is wrong or the month's credits are spent."
    }
    stream-refuses = {
      title    = "The stream has stopped and asks for a decision"
      section  = "the-stream-has-stopped"
      filter   = "resource.type=\"cloud_dataproc_job\" AND metric.type=\"${local.log_metric.stream_refused}\""
      above    = 0
      duration = 0
      aligner  = "ALIGN_DELTA"
      reducer  = "REDUCE_SUM"
      text     = "The stream ended with a condition that a restart does not heal; its last line says what to do."
    }
    jobs-fail = {
      title    = "A Dataproc job failed"
      section  = "a-batch-job-failed"
      filter   = "resource.type=\"cloud_dataproc_cluster\" AND metric.type=\"${local.log_metric.job_failed}\""
      above    = 0
      duration = 0
      aligner  = "ALIGN_DELTA"
      reducer  = "REDUCE_SUM"
      text     = "A migration, the stream or a batch job ended with an error."
    }
    dags-fail = {
      title    = "A DAG failed"
      section  = "a-batch-job-failed"
      filter   = "resource.type=\"${var.on_composer ? "cloud_composer_environment" : "gce_instance"}\" AND metric.type=\"${local.log_metric.dag_failed}\""
      above    = 0
      duration = 0
      aligner  = "ALIGN_DELTA"
      reducer  = "REDUCE_SUM"
      text     = "A task used up its retries; the warehouse lags behind the lake until it is run again."
    }
    kafka-replicas = {
      title    = "Kafka has too few replicas"
      section  = "replace-a-broker"
      filter   = "resource.type=\"gce_instance\" AND metric.type=\"${local.log_metric.kafka_under_replicated}\""
      above    = 1 # a percentile of zeros lies between 0 and 1
      duration = 600
      aligner  = "ALIGN_PERCENTILE_99"
      reducer  = "REDUCE_MAX"
      text     = "A broker is down or behind. With three brokers nothing is lost as long as no second one fails."
    }
    kafka-sink-lag = {
      title    = "Alerts and dead letters wait in Kafka"
      section  = "messages-wait-at-the-bridge"
      filter   = "resource.type=\"gce_instance\" AND metric.type=\"${local.log_metric.kafka_sink_lag}\""
      above    = 1000
      duration = 600
      aligner  = "ALIGN_PERCENTILE_99"
      reducer  = "REDUCE_MAX"
      text     = "The bridge does not carry alerts and dead letters back to Pub/Sub."
    }
    cloudsql-disk = {
      title    = "PostgreSQL's disk fills up"
      section  = "raise-capacity"
      filter   = "resource.type=\"cloudsql_database\" AND metric.type=\"cloudsql.googleapis.com/database/disk/utilization\""
      above    = 0.85
      duration = 900
      aligner  = "ALIGN_MEAN"
      reducer  = "REDUCE_MAX"
      text     = "The disk grows by itself up to ten times its first size; beyond that the stream stops."
    }
    cloudsql-down = {
      title    = "PostgreSQL does not answer"
      section  = "restore-cloud-sql"
      filter   = "resource.type=\"cloudsql_database\" AND metric.type=\"cloudsql.googleapis.com/database/up\""
      below    = 1
      duration = 300
      aligner  = "ALIGN_MIN"
      reducer  = "REDUCE_MIN"
      text     = "The stream waits; nothing is lost while Kafka keeps its messages."
    }
  }
}

resource "google_monitoring_alert_policy" "thresholds" {
  for_each              = local.thresholds
  project               = var.project_id
  display_name          = "${var.name}: ${each.value.title}"
  combiner              = "OR"
  notification_channels = google_monitoring_notification_channel.email[*].id

  conditions {
    display_name = each.value.title

    condition_threshold {
      filter          = each.value.filter
      comparison      = can(each.value.below) ? "COMPARISON_LT" : "COMPARISON_GT"
      threshold_value = try(each.value.above, each.value.below)
      duration        = "${each.value.duration}s"

      aggregations {
        alignment_period     = "${try(each.value.period, 300)}s"
        per_series_aligner   = each.value.aligner
        cross_series_reducer = each.value.reducer
      }
    }
  }

  documentation {
    content   = "${each.value.text}\n\nRunbook: ${var.runbook}#${each.value.section}"
    mime_type = "text/markdown"
  }

  alert_strategy {
    auto_close = "86400s"
  }

  depends_on = [google_logging_metric.figures, google_logging_metric.events]
}

# Silence is the failure that thresholds miss: no batch of the stream, no sweep.
locals {
  absences = {
    stream-silent = {
      title    = "The stream writes nothing"
      section  = "the-stream-has-stopped"
      filter   = "resource.type=\"cloud_dataproc_job\" AND metric.type=\"${local.log_metric.stream_batch_messages}\""
      duration = var.silence_seconds
      text     = "No batch has reached PostgreSQL although polls are due: live tables and Grafana are stale."
    }
    polls-silent = {
      title    = "CoinCap is not polled"
      section  = "polls-fail"
      filter   = "resource.type=\"cloud_run_revision\" AND metric.type=\"${local.log_metric.sweep_credits}\""
      duration = var.silence_seconds
      text     = "No sweep has finished although polls are due: look at Cloud Scheduler and the function poll."
    }
  }
}

resource "google_monitoring_alert_policy" "absences" {
  for_each              = local.absences
  project               = var.project_id
  display_name          = "${var.name}: ${each.value.title}"
  combiner              = "OR"
  notification_channels = google_monitoring_notification_channel.email[*].id

  conditions {
    display_name = each.value.title

    condition_absent {
      filter   = each.value.filter
      duration = "${each.value.duration}s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_PERCENTILE_99"
        cross_series_reducer = "REDUCE_MAX"
      }
    }
  }

  documentation {
    content   = "${each.value.text}\n\nRunbook: ${var.runbook}#${each.value.section}"
    mime_type = "text/markdown"
  }

  depends_on = [google_logging_metric.figures, google_logging_metric.events]
}
