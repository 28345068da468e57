locals {
  root = "/mnt/stateful_partition/coincap"

  # A topic has one route, so the two sets are disjoint and nothing can loop.
  sources = { for name, topic in var.topics : name => topic if topic.route == "to_kafka" }
  sinks   = { for name, topic in var.topics : name => topic if topic.route == "to_pubsub" }

  connectors = merge(
    {
      for name, topic in local.sources : replace(name, ".", "-") => templatefile("${path.module}/templates/source.properties.tftpl", {
        name              = "${replace(name, ".", "-")}-source"
        project           = var.site.project_id
        subscription      = var.subscriptions[name]
        topic             = name
        tasks             = topic.partitions > 2 ? 2 : 1
        max_message_bytes = topic.max_message_bytes
      })
    },
    {
      for name, topic in local.sinks : replace(name, ".", "-") => templatefile("${path.module}/templates/sink.properties.tftpl", {
        name    = "${replace(name, ".", "-")}-sink"
        project = var.site.project_id
        topic   = name
        tasks   = 1
      })
    },
  )

  client_properties = {
    for prefix in ["", "producer.", "consumer."] : prefix => templatefile("${path.module}/../kafka/templates/client.properties.tftpl", {
      prefix   = prefix
      user     = "bridge"
      password = "@PASSWORD@"
      tls_dir  = "${local.root}/tls"
    })
  }

  worker_properties = join("", concat([templatefile("${path.module}/templates/worker.properties.tftpl", {
    bootstrap  = var.bootstrap
    rest_port  = 8083
    state_dir  = "${local.root}/state"
    plugin_dir = "${local.root}/plugins"
  })], values(local.client_properties)))

  # The released connector names its classes in no manifest, which Connect needs to find
  # them without reading the whole jar.
  manifests = {
    "META-INF/services/org.apache.kafka.connect.source.SourceConnector" = "com.google.pubsub.kafka.source.CloudPubSubSourceConnector\n"
    "META-INF/services/org.apache.kafka.connect.sink.SinkConnector"     = "com.google.pubsub.kafka.sink.CloudPubSubSinkConnector\n"
  }
}
