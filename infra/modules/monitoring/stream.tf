# What the stream's driver writes itself (dataproc_jobs/coincap_jobs/monitoring.py). Described
# here, so that alerts can name the figures before the first value comes.

locals {
  stream_figures = {
    batch_ms        = { unit = "ms", description = "Time of a query's newest micro-batch." }
    lag_offsets     = { unit = "1", description = "Messages that a query has yet to do, per topic." }
    lag_seconds     = { unit = "s", description = "Age of the newest event that a query has done, per topic." }
    merge_ms        = { unit = "ms", description = "Time of the newest micro-batch's merge." }
    rows_per_second = { unit = "1/s", description = "Messages that a query does per second, per topic." }
  }

  stream_metric = { for key in keys(local.stream_figures) : key => "custom.googleapis.com/coincap/stream/${key}" }
  stream_gauge  = { for key, type in local.stream_metric : key => "resource.type=\"global\" AND metric.type=\"${type}\"" }
}

resource "google_monitoring_metric_descriptor" "stream" {
  for_each     = local.stream_figures
  project      = var.project_id
  type         = local.stream_metric[each.key]
  display_name = "coincap stream: ${each.key}"
  description  = each.value.description
  metric_kind  = "GAUGE"
  value_type   = "DOUBLE"
  unit         = each.value.unit

  labels {
    key         = "query"
    value_type  = "STRING"
    description = "serve (PostgreSQL) or archive (the lake)."
  }

  labels {
    key         = "topic"
    value_type  = "STRING"
    description = "Kafka topic; `all` for the times of a batch."
  }
}
