locals {
  to_kafka  = { for name, topic in var.topics : name => topic if topic.route == "to_kafka" }
  to_pubsub = { for name, topic in var.topics : name => topic if topic.route == "to_pubsub" }
}

resource "google_pubsub_topic" "topics" {
  # checkov:skip=CKV_GCP_83:Public market data; Google's own keys encrypt it.
  for_each                   = var.topics
  project                    = var.project_id
  name                       = each.key
  message_retention_duration = "${each.value.pubsub_retention_hours * 3600}s"

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }
}

# What the bridge pulls. No dead-letter policy here, on purpose: while a broker stalls,
# leases expire and would count as failed deliveries, and good messages would leave the
# flow. Rows that are refused have a topic of their own, coincap.dead-letter.
resource "google_pubsub_subscription" "bridge" {
  for_each = local.to_kafka
  project  = var.project_id
  name     = "${each.key}.bridge"
  topic    = google_pubsub_topic.topics[each.key].id

  # The connector pulls without extending leases: with 10 s a broker that froze for 25 s
  # got every message three times, with 60 s once.
  ack_deadline_seconds       = 60
  message_retention_duration = "${each.value.pubsub_retention_hours * 3600}s"

  # The functions publish in lanes (ordering keys), so that a row's polls keep their order.
  enable_message_ordering = true

  expiration_policy {
    ttl = "" # never
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }
}

# What people and tools read: alerts, and both kinds of dead letters.
resource "google_pubsub_subscription" "readers" {
  for_each                   = { for name, topic in var.topics : name => topic if contains(["alert", "dead_letter"], topic.record) }
  project                    = var.project_id
  name                       = "${each.key}.readers"
  topic                      = google_pubsub_topic.topics[each.key].id
  ack_deadline_seconds       = 60
  message_retention_duration = "${each.value.pubsub_retention_hours * 3600}s"

  expiration_policy {
    ttl = ""
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }
}
