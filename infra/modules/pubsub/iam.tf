resource "google_pubsub_topic_iam_member" "functions" {
  for_each = { for pair in setproduct(keys(local.to_kafka), keys(var.publishers)) : join("/", pair) => pair }
  project  = var.project_id
  topic    = google_pubsub_topic.topics[each.value[0]].name
  role     = "roles/pubsub.publisher"
  member   = var.publishers[each.value[1]]
}

resource "google_pubsub_topic_iam_member" "bridge" {
  for_each = local.to_pubsub
  project  = var.project_id
  topic    = google_pubsub_topic.topics[each.key].name
  role     = "roles/pubsub.publisher"
  member   = var.bridge
}

resource "google_pubsub_subscription_iam_member" "bridge" {
  # Viewer as well: the connector asks for the subscription when it starts.
  for_each     = { for pair in setproduct(keys(local.to_kafka), ["subscriber", "viewer"]) : join("/", pair) => pair }
  project      = var.project_id
  subscription = google_pubsub_subscription.bridge[each.value[0]].name
  role         = "roles/pubsub.${each.value[1]}"
  member       = var.bridge
}

resource "google_pubsub_subscription_iam_member" "replay" {
  for_each     = { for name, topic in var.topics : name => topic if topic.record == "dead_letter" }
  project      = var.project_id
  subscription = google_pubsub_subscription.readers[each.key].name
  role         = "roles/pubsub.subscriber"
  member       = var.replayer
}
