output "bridge_subscriptions" {
  description = "Subscription that the bridge pulls, by topic."
  value       = { for name, subscription in google_pubsub_subscription.bridge : name => subscription.name }
}

output "reader_subscriptions" {
  description = "Subscription for people and tools, by topic."
  value       = { for name, subscription in google_pubsub_subscription.readers : name => subscription.name }
}

output "topics" {
  description = "Name of each topic."
  value       = { for name, topic in google_pubsub_topic.topics : name => topic.name }
}
