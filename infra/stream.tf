locals {
  # Pinned together; modules/dataproc/jars.json and dataproc_jobs/requirements.txt fit them.
  dataproc_image = "2.3-debian12"
  kafka_version  = "4.1.0"
  os_image       = "projects/cos-cloud/global/images/family/cos-121-lts"

  connector = {
    coordinates = "com.google.cloud:pubsub-group-kafka-connector:1.3.3"
    sha256      = "21aca50fb4c06a1fc379a22f595a2c8e3a522ce47b83324b7444d80309699599"
  }

  lake_uri = "gs://${module.lake.lake_bucket}"

  # No password: #iam makes the jobs log in with their service account's token.
  postgres_dsn = "host=${module.cloudsql.address} dbname=${module.cloudsql.database} user=${module.cloudsql.owner} sslmode=require#iam"

  job_arguments = {
    migrate = ["--postgres", local.postgres_dsn, "--migrations", "."] # where Dataproc puts a job's files
    stream = [
      "--bootstrap", module.kafka.bootstrap,
      "--postgres", local.postgres_dsn,
      "--lake", local.lake_uri,
      "--checkpoint", "gs://${module.lake.scratch_bucket}/checkpoints/stream",
      "--credits-per-month", tostring(local.budget),
      "--monitoring-project", var.project_id,
      "--kafka-option", "security.protocol=SASL_SSL",
      "--kafka-option", "sasl.mechanism=SCRAM-SHA-512",
      "--kafka-option", "ssl.truststore.type=PEM",
      "--kafka-option", "ssl.truststore.location=/etc/coincap/ca.pem",
    ]
  }
}

module "kafka" {
  source        = "./modules/kafka"
  site          = local.site
  dns_zone      = module.network.dns_zone
  packages      = module.registry.repositories
  kafka_version = local.kafka_version
  topics        = local.topics
  brokers       = local.sizes.brokers
  machine       = local.sizes.broker_machine
  disk_gb       = local.sizes.broker_disk_gb
  heap          = local.sizes.kafka_heap
  replication   = { factor = local.sizes.kafka_replication, min_insync = local.sizes.kafka_min_insync }
  clients       = { bridge = module.bridge.member, stream = module.dataproc.members.stream }
}

module "bridge" {
  source        = "./modules/bridge"
  site          = local.site
  packages      = module.registry.repositories
  kafka_version = local.kafka_version
  connector     = local.connector
  code_bucket   = module.lake.code_bucket
  bootstrap     = module.kafka.bootstrap
  topics        = local.topics
  subscriptions = module.pubsub.bridge_subscriptions
  machine       = local.sizes.bridge_machine
  heap          = local.sizes.bridge_heap
}

module "cloudsql" {
  source              = "./modules/cloudsql"
  project_id          = local.project_id
  region              = var.region
  name                = var.name
  network_id          = module.network.network_id
  deletion_protection = var.deletion_protection
  tier                = local.sizes.sql_tier
  disk_gb             = local.sizes.sql_disk_gb
  availability        = local.sizes.sql_availability
  recovery_days       = local.sizes.sql_recovery_days
  owner               = module.dataproc.members.stream
  migration           = module.dataproc.migration

  # The batch rebuilds candles whose samples came too late for the stream.
  writers = { batch = module.dataproc.members.batch }

  readers = merge(
    { for member in var.mart_readers : member => member if !startswith(member, "domain:") },
    var.grafana ? { grafana = module.grafana[0].member } : {},
  )

  # The private address needs the peering.
  depends_on = [module.network]
}

module "dataproc" {
  source         = "./modules/dataproc"
  site           = local.site
  image_version  = local.dataproc_image
  code_bucket    = module.lake.code_bucket
  scratch_bucket = module.lake.scratch_bucket
  jobs_dir       = "${path.module}/../dataproc_jobs"
  contract_dir   = local.contract
  packages       = module.registry.repositories
  arguments      = local.job_arguments
  stream_machine = local.sizes.stream_machine
  stream_memory  = local.sizes.stream_memory
  batch          = local.sizes.batch_cluster ? { machine = local.sizes.batch_machine, max_workers = local.sizes.batch_max_workers } : null
}
