module "pubsub" {
  source     = "./modules/pubsub"
  project_id = local.project_id
  region     = var.region
  topics     = local.topics
  publishers = module.functions.members
  replayer   = module.functions.members["replay_dead_letters"]
  bridge     = module.bridge.member
}

module "functions" {
  source           = "./modules/functions"
  project_id       = local.project_id
  region           = var.region
  name             = var.name
  source_dir       = "${path.module}/../functions"
  code_bucket      = module.lake.code_bucket
  image_repository = module.registry.functions
  api_key_secret   = module.secrets.api_key_secret

  environment = {
    COINCAP_CREDITS_PER_MONTH = tostring(local.budget)
    COINCAP_LAKE              = "gs://${module.lake.lake_bucket}"
    COINCAP_PROJECT           = var.project_id
    COINCAP_PUBLISHER         = "pubsub"
    COINCAP_TARGET            = "gcp"
  }

  functions = {
    poll = {
      account     = "fn-poll"
      description = "Pulls CoinCap's endpoints and publishes what the contract accepts."
      callers     = ["scheduler"]

      # Jobs of several cadences are due in the same minute. Claims and the credit count are
      # shared through the lake, so workers may run side by side; more than four would only
      # wait for CoinCap's limit of calls per minute. Whoever finds none free is called again.
      max_instances = min(4, length(local.jobs))
    }
    backfill = {
      account     = "fn-backfill"
      description = "Fills gaps of the past from CoinCap's history."
      callers     = ["orchestrator"]

      # A history of many assets is thousands of calls; it goes on where it stopped.
      timeout_seconds = 3600
    }
    replay_dead_letters = {
      account       = "fn-replay"
      description   = "Publishes dead letters again after a fix."
      callers       = ["orchestrator"]
      needs_api_key = false
    }
  }

  callers = {
    scheduler    = module.scheduler.member
    orchestrator = local.orchestrator
  }
}

module "scheduler" {
  source     = "./modules/scheduler"
  project_id = local.project_id
  region     = var.region
  name       = var.name
  target     = { uri = module.functions.urls["poll"] }

  jobs = {
    for name, job in local.jobs : name => {
      schedule    = job.cron
      description = "${join(", ", sort(distinct(job.sweeps[*].endpoint)))}: ${length(job.sweeps)} sweeps every ${job.every_minutes} minutes, ${local.credits_per_month[name]} credits a month."
      body        = jsonencode({ sweeps = job.sweeps })
    }
  }
}
