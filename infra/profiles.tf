# What the three profiles differ in; variables override single figures. infra/cost.py reads
# the same figures through the output `sizes`.

locals {
  profiles = {
    lean = {
      brokers              = 1
      broker_machine       = "e2-small"
      broker_disk_gb       = 20
      bridge_machine       = "e2-small"
      stream_machine       = "e2-highmem-2"
      batch_cluster        = false
      batch_machine        = "e2-standard-2"
      batch_max_workers    = 0
      orchestrator         = "vm"
      composer_size        = "none"
      sql_tier             = "db-f1-micro"
      sql_disk_gb          = 10
      sql_availability     = "ZONAL"
      sql_recovery_days    = 7
      kafka_replication    = 1
      kafka_min_insync     = 1
      kafka_heap           = "768m"
      bridge_heap          = "768m"
      stream_memory        = { driver = "1g", executor = "2g" }
      composer_max_workers = 1
      airflow_machine      = "e2-medium"
    }
    standard = {
      brokers              = 1
      broker_machine       = "e2-medium"
      broker_disk_gb       = 50
      bridge_machine       = "e2-small"
      stream_machine       = "e2-standard-4"
      batch_cluster        = false
      batch_machine        = "e2-standard-2"
      batch_max_workers    = 0
      orchestrator         = "composer"
      composer_size        = "ENVIRONMENT_SIZE_SMALL"
      sql_tier             = "db-g1-small"
      sql_disk_gb          = 20
      sql_availability     = "ZONAL"
      sql_recovery_days    = 7
      kafka_replication    = 1
      kafka_min_insync     = 1
      kafka_heap           = "1536m"
      bridge_heap          = "768m"
      stream_memory        = { driver = "1g", executor = "2g" }
      composer_max_workers = 2
      airflow_machine      = "none"
    }
    production = {
      brokers              = 3
      broker_machine       = "e2-standard-2"
      broker_disk_gb       = 100
      bridge_machine       = "e2-medium"
      stream_machine       = "e2-standard-4"
      batch_cluster        = true
      batch_machine        = "e2-standard-4"
      batch_max_workers    = 4
      orchestrator         = "composer"
      composer_size        = "ENVIRONMENT_SIZE_MEDIUM"
      sql_tier             = "db-custom-2-7680"
      sql_disk_gb          = 100
      sql_availability     = "REGIONAL"
      sql_recovery_days    = 7
      kafka_replication    = 3
      kafka_min_insync     = 2
      kafka_heap           = "4g"
      bridge_heap          = "2g"
      stream_memory        = { driver = "2g", executor = "6g" }
      composer_max_workers = 6
      airflow_machine      = "none"
    }
  }

  profile = local.profiles[var.profile]

  sizes = merge(local.profile, {
    for key, value in {
      broker_disk_gb    = var.kafka.disk_gb
      broker_machine    = var.kafka.machine
      batch_machine     = var.dataproc.batch_machine
      batch_max_workers = var.dataproc.batch_max_workers
      stream_machine    = var.dataproc.stream_machine
      sql_availability  = var.cloudsql.availability
      sql_disk_gb       = var.cloudsql.disk_gb
      sql_recovery_days = var.cloudsql.recovery_days
      sql_tier          = var.cloudsql.tier
    } : key => value if value != null
  })
}
