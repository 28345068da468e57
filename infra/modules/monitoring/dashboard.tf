locals {
  # Title and PromQL of each chart; two columns.
  charts = [
    ["Completeness: pairs got of pairs claimed", "sum(increase(${local.prom.sweep_pairs_got}[1h])) / sum(increase(${local.prom.sweep_pairs_claimed}[1h]))"],
    ["Speed: CoinCap's answer per sweep (ms, mean)", "sum(increase(${local.prom.sweep_fetch_ms}[1h])) / sum(increase(${replace(local.prom.sweep_fetch_ms, "_sum{", "_count{")}[1h]))"],
    ["Freshness: oldest message at the bridge (s)", "max by (subscription_id) (pubsub_googleapis_com:subscription_oldest_unacked_message_age{monitored_resource=\"pubsub_subscription\"})"],
    ["Freshness: lag of the live tables and the lake (s)", "max by (query, topic) (${local.prom_stream.lag_seconds})"],
    ["Lag: messages to do", "max by (query, topic) (${local.prom_stream.lag_offsets})"],
    ["Speed of the stream (messages/s)", "sum by (query) (${local.prom_stream.rows_per_second})"],
    ["Time of a micro-batch (ms)", "max by (query) (${local.prom_stream.batch_ms})"],
    ["Time of its merge into the tables (ms)", "max by (query) (${local.prom_stream.merge_ms})"],
    ["Messages in the stream per minute", "sum(rate(${local.prom.stream_batch_messages}[5m])) * 60"],
    ["Refused rows per hour", "sum(increase(${local.prom.sweep_dead_letters}[1h]))"],
    ["Credits per day", "sum(increase(${local.prom.sweep_credits}[1d]))"],
    ["Kafka: partitions with too few replicas", "sum(increase(${local.prom.kafka_under_replicated}[5m]))"],
    ["PostgreSQL: connections", "sum(cloudsql_googleapis_com:database_postgresql_num_backends{monitored_resource=\"cloudsql_database\"})"],
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
                plotType        = "LINE"
                timeSeriesQuery = { prometheusQuery = chart[1] }
              }]
            }
          }
        }
      ]
    }
  })
}
