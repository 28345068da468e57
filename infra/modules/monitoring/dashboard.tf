locals {
  # Title, filter, aligner, reducer, unit of each chart; two columns.
  charts = [
    ["Completeness: pairs got and claimed", "metric.type=\"${local.log_metric.sweep_pairs_got}\" resource.type=\"cloud_run_revision\"", "ALIGN_PERCENTILE_50", "REDUCE_MAX"],
    ["Speed: CoinCap's answer per sweep (ms, p95)", "metric.type=\"${local.log_metric.sweep_fetch_ms}\" resource.type=\"cloud_run_revision\"", "ALIGN_PERCENTILE_95", "REDUCE_MAX"],
    ["Freshness: oldest message at the bridge (s)", "metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" resource.type=\"pubsub_subscription\"", "ALIGN_MAX", "REDUCE_MAX"],
    ["Messages in the stream", "metric.type=\"${local.log_metric.stream_batch_messages}\" resource.type=\"cloud_dataproc_job\"", "ALIGN_SUM", "REDUCE_SUM"],
    ["Refused rows", "metric.type=\"${local.log_metric.sweep_dead_letters}\" resource.type=\"cloud_run_revision\"", "ALIGN_SUM", "REDUCE_SUM"],
    ["Credits spent", "metric.type=\"${local.log_metric.sweep_credits}\" resource.type=\"cloud_run_revision\"", "ALIGN_SUM", "REDUCE_SUM"],
    ["Kafka: partitions with too few replicas", "metric.type=\"${local.log_metric.kafka_under_replicated}\" resource.type=\"gce_instance\"", "ALIGN_PERCENTILE_99", "REDUCE_MAX"],
    ["PostgreSQL: connections", "metric.type=\"cloudsql.googleapis.com/database/postgresql/num_backends\" resource.type=\"cloudsql_database\"", "ALIGN_MEAN", "REDUCE_SUM"],
  ]
}

resource "google_monitoring_dashboard" "pipeline" {
  project = var.project_id

  dashboard_json = jsonencode({
    displayName = "${var.name}: pipeline"
    mosaicLayout = {
      columns = 48
      tiles = [
        for index, chart in local.charts : {
          xPos   = index % 2 * 24
          yPos   = floor(index / 2) * 14
          width  = 24
          height = 14
          widget = {
            title = chart[0]
            xyChart = {
              dataSets = [{
                plotType = "LINE"
                timeSeriesQuery = {
                  timeSeriesFilter = {
                    filter = chart[1]
                    aggregation = {
                      alignmentPeriod    = "300s"
                      perSeriesAligner   = chart[2]
                      crossSeriesReducer = chart[3]
                    }
                  }
                }
              }]
            }
          }
        }
      ]
    }
  })
}
