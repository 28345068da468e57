# Figures that the workloads print, as metrics: the functions log one JSON line per sweep, the
# broker's watch one line every two minutes, the stream one line per batch.

locals {
  log_metric = { for key in concat(keys(local.figures), keys(local.events)) : key => "logging.googleapis.com/user/${var.name}/${key}" }

  sweep_filter = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${var.name}-poll\" AND jsonPayload.message=\"sweep done\""
  kafka_filter = "resource.type=\"gce_instance\" AND jsonPayload.message:\"coincap_kafka under_replicated=\""

  figures = {
    sweep_completeness = {
      filter      = "${local.sweep_filter} AND jsonPayload.pairs_claimed>0"
      value       = "EXTRACT(jsonPayload.completeness_percent)"
      description = "Trading pairs that a market sweep brought, in percent of those claimed."
    }
    sweep_credits = {
      filter      = local.sweep_filter
      value       = "EXTRACT(jsonPayload.credits)"
      description = "Credits that one sweep spent."
    }
    sweep_dead_letters = {
      filter      = local.sweep_filter
      value       = "EXTRACT(jsonPayload.dead_lettered)"
      description = "Rows of one sweep that the contract refused."
    }
    sweep_fetch_ms = {
      filter      = local.sweep_filter
      value       = "EXTRACT(jsonPayload.fetch_ms)"
      description = "Milliseconds that CoinCap took for one sweep."
    }
    sweep_pairs_claimed = {
      filter      = "${local.sweep_filter} AND jsonPayload.pairs_claimed>0"
      value       = "EXTRACT(jsonPayload.pairs_claimed)"
      description = "Trading pairs that the exchanges of a market sweep claim."
    }
    sweep_pairs_got = {
      filter      = "${local.sweep_filter} AND jsonPayload.pairs_claimed>0"
      value       = "EXTRACT(jsonPayload.pairs_got)"
      description = "Trading pairs that a market sweep brought."
    }
    kafka_sink_lag = {
      filter      = local.kafka_filter
      value       = "REGEXP_EXTRACT(jsonPayload.message, \"sink_lag=([0-9]+)\")"
      description = "Largest lag of the bridge's consumer groups, in messages."
    }
    kafka_under_replicated = {
      filter      = local.kafka_filter
      value       = "REGEXP_EXTRACT(jsonPayload.message, \"under_replicated=([0-9]+)\")"
      description = "Partitions with fewer replicas in sync than they should have."
    }
    stream_batch_messages = {
      filter      = local.stream_filter
      value       = "REGEXP_EXTRACT(jsonPayload.message, \"batch [0-9]+: ([0-9]+) messages\")"
      description = "Messages of one micro-batch of the stream."
    }
    stream_dead_letters = {
      filter      = local.stream_filter
      value       = "REGEXP_EXTRACT(jsonPayload.message, \"([0-9]+) dead letters\")"
      description = "Messages of one micro-batch that the stream refused."
    }
  }

  stream_filter = "resource.type=\"cloud_dataproc_job\" AND jsonPayload.message=~\"coincap.serve batch [0-9]+: [0-9]+ messages\""

  events = merge({
    sweep_failed = {
      filter      = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${var.name}-poll\" AND severity>=ERROR"
      description = "Sweeps that failed or ended early."
    }
    stream_refused = {
      filter      = "resource.type=\"cloud_dataproc_job\" AND jsonPayload.message=~\"^error: \""
      description = "The stream stopped on a condition that an operator must resolve."
    }
    }, var.on_composer ? {} : {
    dag_failed = {
      filter      = "resource.type=\"gce_instance\" AND jsonPayload.message=~\"Marking run .* failed\""
      description = "Runs of DAGs that failed, on the small Airflow machine."
    }
  })
}

resource "google_logging_metric" "figures" {
  for_each        = local.figures
  project         = var.project_id
  name            = "${var.name}/${each.key}"
  description     = each.value.description
  filter          = each.value.filter
  value_extractor = each.value.value

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "DISTRIBUTION"
    unit        = "1"
  }

  bucket_options {
    # A percentage needs even steps: an exponential bucket reaches from 70 to 100.
    dynamic "linear_buckets" {
      for_each = each.key == "sweep_completeness" ? [1] : []
      content {
        num_finite_buckets = 100
        width              = 1
        offset             = 0
      }
    }

    dynamic "exponential_buckets" {
      for_each = each.key == "sweep_completeness" ? [] : [1]
      content {
        num_finite_buckets = 64
        growth_factor      = 1.4
        scale              = 1
      }
    }
  }
}

resource "google_logging_metric" "events" {
  for_each    = local.events
  project     = var.project_id
  name        = "${var.name}/${each.key}"
  description = each.value.description
  filter      = each.value.filter

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    unit        = "1"
  }
}
