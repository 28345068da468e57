# What the three profiles differ in stands in profiles.json, which infra/cost.py prices too;
# variables override single figures.

locals {
  profiles = jsondecode(file("${path.module}/profiles.json"))
  profile  = local.profiles[var.profile]

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
