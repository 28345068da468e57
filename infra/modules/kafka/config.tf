locals {
  brokers = {
    for index in range(var.brokers) : tostring(index + 1) => {
      host = "kafka-${index + 1}.${var.dns_zone.domain}"
      zone = var.site.zones[index % length(var.site.zones)]
    }
  }

  bootstrap     = join(",", [for broker in local.brokers : "${broker.host}:9094"])
  quorum_voters = join(",", [for id, broker in local.brokers : "${id}@${broker.host}:9093"])
  data          = "/mnt/disks/kafka"

  server_properties = {
    for id, broker in local.brokers : id => templatefile("${path.module}/templates/server.properties.tftpl", {
      node_id              = id
      quorum_voters        = local.quorum_voters
      listeners            = "INTERNAL://0.0.0.0:9092,CONTROLLER://0.0.0.0:9093,CLIENTS://0.0.0.0:9094"
      advertised_listeners = "INTERNAL://${broker.host}:9092,CLIENTS://${broker.host}:9094"
      protocol_map         = "INTERNAL:SSL,CONTROLLER:SSL,CLIENTS:SASL_SSL"
      log_dir              = "${local.data}/log"
      replication_factor   = var.replication.factor
      min_insync_replicas  = var.replication.min_insync
      max_message_bytes    = max([for topic in var.topics : topic.max_message_bytes]...)
    })
  }

  # The machine puts the passwords in place of the words between @.
  security_properties = templatefile("${path.module}/templates/security.properties.tftpl", {
    tls_dir        = "${local.data}/tls"
    store_password = "@STORE_PASSWORD@"
  })
  admin_properties = templatefile("${path.module}/templates/client.properties.tftpl", {
    prefix   = ""
    user     = "admin"
    password = "@PASSWORD@"
    tls_dir  = "${local.data}/tls"
  })

  topic_lines = [
    for name, topic in var.topics :
    "${name} ${topic.partitions} ${topic.kafka_retention_hours * 3600000} ${topic.max_message_bytes} ${var.replication.factor}"
  ]

  # Arguments of kafka-acls: the bridge and the stream job write and read disjoint topics.
  to_kafka  = join(" ", [for name, topic in var.topics : "--topic ${name}" if topic.route == "to_kafka"])
  to_pubsub = join(" ", [for name, topic in var.topics : "--topic ${name}" if topic.route == "to_pubsub"])
  grant_lines = [
    "--allow-principal User:bridge --operation Write --operation Describe ${local.to_kafka}",
    "--allow-principal User:bridge --operation Read --operation Describe ${local.to_pubsub}",
    "--allow-principal User:bridge --operation Read --resource-pattern-type prefixed --group connect-",
    "--allow-principal User:stream --operation Read --operation Describe --operation DescribeConfigs ${local.to_kafka}",
    "--allow-principal User:stream --operation Write --operation Describe --operation DescribeConfigs ${local.to_pubsub}",
    "--allow-principal User:stream --operation Read --resource-pattern-type prefixed --group spark-",
  ]

  settings = {
    admin-properties           = local.admin_properties
    block-project-ssh-keys     = "true"
    bootstrap                  = local.bootstrap
    certificates-script        = file("${path.module}/scripts/certificates.sh")
    cluster-id                 = local.cluster_id
    enable-oslogin             = "TRUE"
    google-logging-enabled     = "true"
    google-monitoring-enabled  = "true"
    grants                     = join("\n", concat(local.grant_lines, [""]))
    image-registry             = split("/", var.packages.docker)[0]
    kafka-heap                 = var.heap
    kafka-image                = "${var.packages.docker}/apache/kafka:${var.kafka_version}"
    secret-prefix              = "${var.site.name}-kafka"
    serial-port-logging-enable = "true"
    startup-script             = join("\n", [file("${path.module}/../../scripts/lib.sh"), file("${path.module}/scripts/kafka.sh")])
    topics                     = join("\n", concat(local.topic_lines, [""]))
    watch-script               = file("${path.module}/scripts/watch.sh")
  }

  # 16 bytes in URL-safe base64, as Kafka wants it; the last of 22 characters holds 2 bits.
  cluster_id = "${substr(replace(replace(base64sha256("${var.site.project_id}/${var.site.name}"), "+", "x"), "/", "y"), 0, 21)}w"
}
