module "warehouse" {
  source              = "./modules/warehouse"
  project_id          = local.project_id
  region              = var.region
  deletion_protection = var.deletion_protection
  mart_readers        = var.mart_readers

  editors = {
    batch   = module.dataproc.members.batch
    stream  = module.dataproc.members.stream
    airflow = local.orchestrator
  }
}

locals {
  on_composer = local.sizes.orchestrator == "composer"

  airflow_version = "3.1.8"
  composer_image  = "composer-3-airflow-3.1"

  orchestrator = "serviceAccount:${google_service_account.orchestrator.account_id}@${var.project_id}.iam.gserviceaccount.com"

  # Jobs log in as the account of the cluster that runs them.
  batch_user = local.sizes.batch_cluster ? module.cloudsql.writer_names["batch"] : module.cloudsql.owner

  # What the DAGs read (composer_dags/README.md).
  dag_environment = merge(local.minutes_between, {
    COINCAP_BACKFILL_URL      = module.functions.urls["backfill"]
    COINCAP_CLUSTER           = module.dataproc.batch_cluster
    COINCAP_CREDITS_PER_MONTH = tostring(local.budget)
    COINCAP_JOBS              = module.dataproc.jobs_uri
    COINCAP_LAKE              = local.lake_uri
    COINCAP_POSTGRES          = "host=${module.cloudsql.address} dbname=${module.cloudsql.database} user=${local.batch_user} sslmode=require#iam"
    COINCAP_PROJECT           = var.project_id
    COINCAP_REGION            = var.region
    COINCAP_REPLAY_URL        = module.functions.urls["replay_dead_letters"]
    COINCAP_SEEDS             = "../coincap/seeds" # seen from the dbt project beside it
    COINCAP_TARGET            = "gcp"
  })

  # By them dbt knows a late table from one that is seldom polled (dbt/models/staging/sources.yml).
  minutes_between = merge({
    for endpoint in distinct(flatten(values(local.jobs)[*].sweeps[*].endpoint)) :
    "COINCAP_MINUTES_BETWEEN_${upper(endpoint)}" => tostring(min([
      for job in values(local.jobs) : job.every_minutes if contains(job.sweeps[*].endpoint, endpoint)
    ]...))
  }, { COINCAP_MINUTES_BETWEEN_POLLS = tostring(min(values(local.jobs)[*].every_minutes...)) })

  # Packages that Composer's image lacks, with the versions that the compiled requirements
  # pin: what the DAGs import, and dbt, which their tasks call.
  package_sources = [
    for folder in ["composer_dags", "dbt"] : {
      wanted = split("\n", file("${path.module}/../${folder}/requirements.in"))
      pinned = file("${path.module}/../${folder}/requirements.txt")
    }
  ]
  dag_packages = merge([
    for source in local.package_sources : {
      for line in source.wanted : regex("^[A-Za-z0-9._-]+", line) => "==${regex("(?m)^${regex("^[A-Za-z0-9._-]+", line)}==([^ ]+)", source.pinned)[0]}"
      if can(regex("^[A-Za-z0-9]", line)) && !startswith(line, "apache-airflow")
    }
  ]...)
}

# One account for both kinds of orchestration, so that the rights elsewhere stay the same.
resource "google_service_account" "orchestrator" {
  project      = local.project_id
  account_id   = "${var.name}-airflow"
  display_name = "${var.name}: orchestration"
}

module "composer" {
  count         = local.on_composer ? 1 : 0
  source        = "./modules/composer"
  project_id    = local.project_id
  region        = var.region
  name          = var.name
  network_id    = module.network.network_id
  subnet_id     = module.network.subnet_id
  image_version = local.composer_image
  size          = local.sizes.composer_size
  max_workers   = local.sizes.composer_max_workers
  account       = google_service_account.orchestrator.email
  member        = local.orchestrator
  packages      = local.dag_packages
  python_index  = module.registry.repositories.python
  environment   = local.dag_environment
}

module "airflow_vm" {
  count           = local.on_composer ? 0 : 1
  source          = "./modules/airflow_vm"
  site            = local.site
  machine         = local.sizes.airflow_machine
  packages        = module.registry.repositories
  airflow_version = local.airflow_version
  code_bucket     = module.lake.code_bucket
  account         = google_service_account.orchestrator.email
  environment     = local.dag_environment
}

# The same files for both: DAGs and their helpers, plugins, the contract, the dbt project.
module "dag_files" {
  source = "./modules/uploads"
  bucket = local.on_composer ? module.composer[0].bucket : module.lake.code_bucket

  folders = {
    for prefix, folder in {
      "dags/"         = "${path.module}/../composer_dags"
      "dags/coincap/" = local.contract
      "dags/dbt/"     = "${path.module}/../dbt"
    } : local.on_composer ? prefix : "airflow/${prefix}" => folder
  }
}

# What the DAGs do: submit to Dataproc, call the functions, load and query BigQuery.
resource "google_project_iam_member" "orchestrator" {
  # checkov:skip=CKV_GCP_42:dataproc.editor is the narrowest ready-made role that submits jobs; it can't touch IAM.
  for_each = toset(["roles/dataproc.editor", "roles/logging.logWriter", "roles/monitoring.metricWriter"])
  project  = local.project_id
  role     = each.value
  member   = local.orchestrator
}
