variable "alert_email" {
  description = "Address that alerts go to; null sends them nowhere but to the console."
  type        = string
  default     = null

  validation {
    condition     = var.alert_email == null || can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", coalesce(var.alert_email, "a@b.c")))
    error_message = "alert_email is no e-mail address. Give one such as data-team@example.com, or null."
  }
}

variable "cloudsql" {
  description = "Overrides of the profile's PostgreSQL: machine tier, disk in GB, availability ZONAL or REGIONAL, days of point-in-time recovery."
  type = object({
    availability  = optional(string)
    disk_gb       = optional(number)
    recovery_days = optional(number)
    tier          = optional(string)
  })
  default = {}

  validation {
    condition     = var.cloudsql.availability == null || contains(["ZONAL", "REGIONAL"], coalesce(var.cloudsql.availability, "ZONAL"))
    error_message = "cloudsql.availability must be ZONAL (one zone) or REGIONAL (a standby in a second zone)."
  }

  validation {
    condition     = coalesce(var.cloudsql.recovery_days, 7) >= 1 && coalesce(var.cloudsql.recovery_days, 7) <= 7
    error_message = "cloudsql.recovery_days must be 1 to 7: edition ENTERPRISE keeps transaction logs for at most 7 days."
  }

  validation {
    condition     = coalesce(var.cloudsql.disk_gb, 10) >= 10
    error_message = "cloudsql.disk_gb must be at least 10, the smallest disk that Cloud SQL sells."
  }
}

variable "coincap_api_key" {
  description = "CoinCap API key (free at pro.coincap.io). Ephemeral: give it as TF_VAR_coincap_api_key; it is stored in Secret Manager only."
  type        = string
  sensitive   = true
  ephemeral   = true

  validation {
    condition     = length(trimspace(var.coincap_api_key)) >= 16 && !can(regex("\\s", var.coincap_api_key))
    error_message = "coincap_api_key must be the key alone, at least 16 characters without blanks: export TF_VAR_coincap_api_key=…"
  }
}

variable "coincap_api_key_version" {
  description = "Raise it by one to write a new key into Secret Manager; the value itself is never compared."
  type        = number
  default     = 1

  validation {
    condition     = var.coincap_api_key_version >= 1 && floor(var.coincap_api_key_version) == var.coincap_api_key_version
    error_message = "coincap_api_key_version must be a whole number from 1; raise it by one after each new key."
  }
}

variable "cpu_quota" {
  description = "vCPU that the project may have in the region. New projects have 8 to 24; `gcloud compute regions describe REGION` says it (metric CPUS)."
  type        = number
  default     = 24

  validation {
    condition     = var.cpu_quota >= 8
    error_message = "cpu_quota must be at least 8, which is what the smallest profile needs; ask for more on the console's page IAM & Admin, Quotas."
  }
}

variable "credits" {
  description = <<-EOT
    What CoinCap may cost: `plan` (free, small or large) names a cadence of functions/coincap/credits.json
    with its monthly budget; `monthly_budget` and `jobs` override them. Jobs have the form that
    `python -m ingest.plan propose --credits N --json` prints: every_minutes, credits_per_run and the sweeps
    (endpoint, for markets a scope, rows) of one run.
  EOT
  type = object({
    monthly_budget = optional(number)
    plan           = optional(string, "free")
    jobs = optional(list(object({
      every_minutes   = number
      credits_per_run = number
      sweeps = list(object({
        endpoint = string
        scope    = optional(string)
        rows     = number
      }))
    })))
  })
  default = {}

  validation {
    condition     = contains(["free", "small", "large"], var.credits.plan)
    error_message = "credits.plan must be free, small or large; functions/coincap/credits.json says what each polls."
  }

  validation {
    condition     = coalesce(var.credits.monthly_budget, 1) >= 1
    error_message = "credits.monthly_budget must be at least 1 credit; leave it out to take the plan's."
  }

  validation {
    condition = alltrue([
      for job in coalesce(var.credits.jobs, []) :
      contains([1, 2, 3, 5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440, 10080, 44640], job.every_minutes)
    ])
    error_message = "credits.jobs: every_minutes must be 1, 2, 3, 5, 10, 15, 20 or 30, full hours that divide a day (60 to 720), or 1440 (daily), 10080 (weekly), 44640 (monthly); 0 would poll without end."
  }

  validation {
    condition     = length(distinct(coalesce(var.credits.jobs, [])[*].every_minutes)) == length(coalesce(var.credits.jobs, []))
    error_message = "credits.jobs: two jobs have the same every_minutes; put their sweeps into one."
  }

  validation {
    condition     = alltrue([for job in coalesce(var.credits.jobs, []) : length(job.sweeps) > 0 && job.credits_per_run >= length(job.sweeps)])
    error_message = "credits.jobs: a job needs sweeps, and credits_per_run of at least one credit for each; python -m ingest.plan propose counts them."
  }

  validation {
    condition = alltrue([
      for sweep in flatten([for job in coalesce(var.credits.jobs, []) : job.sweeps]) :
      contains(["assets", "rates", "exchanges", "markets"], sweep.endpoint) && (sweep.scope == null || sweep.endpoint == "markets")
    ])
    error_message = "credits.jobs: endpoint must be assets, rates, exchanges or markets, and only markets take a scope."
  }

  validation {
    condition     = var.credits.jobs == null || length(coalesce(var.credits.jobs, [])) > 0
    error_message = "credits.jobs is empty, nothing would be polled; leave it out to take the plan's."
  }
}

variable "dataproc" {
  description = "Overrides of the profile's clusters: machine types, and most workers of the batch cluster (production only)."
  type = object({
    batch_machine     = optional(string)
    batch_max_workers = optional(number)
    stream_machine    = optional(string)
  })
  default = {}

  validation {
    condition     = coalesce(var.dataproc.batch_max_workers, 2) >= 2 && coalesce(var.dataproc.batch_max_workers, 2) <= 10
    error_message = "dataproc.batch_max_workers must be 2 to 10; the batch of a day is no longer with more."
  }

  validation {
    condition = alltrue([
      for machine in compact([var.dataproc.batch_machine, var.dataproc.stream_machine]) :
      can(regex("^[a-z][a-z0-9]+-(standard|highmem)-[0-9]+$", machine))
    ])
    error_message = "dataproc.batch_machine and stream_machine must be standard or highmem machines, such as e2-standard-4: Dataproc takes none with a shared core."
  }

  validation {
    condition     = var.profile == "production" || (var.dataproc.batch_machine == null && var.dataproc.batch_max_workers == null)
    error_message = "dataproc.batch_machine and batch_max_workers need profile production; in lean and standard the batch runs on the stream's cluster, so set dataproc.stream_machine."
  }
}

variable "deletion_protection" {
  description = "Whether a destroy refuses to remove PostgreSQL, the lake and the warehouse. Set false and apply before a destroy that should take the data along."
  type        = bool
  default     = true
}

variable "grafana" {
  description = "Whether the local stack's dashboards run on Cloud Run too, behind Identity-Aware Proxy for mart_readers."
  type        = bool
  default     = false

  validation {
    condition     = !var.grafana || length(var.mart_readers) > 0
    error_message = "grafana has nobody who may look at it: name them in mart_readers, or leave grafana out."
  }
}

variable "kafka" {
  description = "Overrides of the profile's brokers: machine type and data disk in GB."
  type = object({
    disk_gb = optional(number)
    machine = optional(string)
  })
  default = {}

  validation {
    condition     = coalesce(var.kafka.disk_gb, 20) >= 10 && coalesce(var.kafka.disk_gb, 20) <= 2000
    error_message = "kafka.disk_gb must be 10 to 2000 (GB per broker)."
  }

  validation {
    condition     = can(regex("^([a-z][a-z0-9]+-(standard|highmem|highcpu)-[0-9]+|e2-(small|medium))$", coalesce(var.kafka.machine, "e2-small")))
    error_message = "kafka.machine must be a machine type of at least 2 GB, such as e2-medium or e2-standard-2."
  }
}

variable "labels" {
  description = "Labels of every resource, beside the deployment's own."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for key, value in var.labels : can(regex("^[a-z][a-z0-9_-]{0,62}$", key)) && can(regex("^[a-z0-9_-]{0,63}$", value))])
    error_message = "labels must be lower-case letters, digits, _ and -, at most 63 of them, keys starting with a letter, such as { environment = \"prod\" }."
  }
}

variable "mart_readers" {
  description = "IAM members that read the marts and the live views, for example [\"group:analysts@example.com\"]."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for member in var.mart_readers : can(regex("^(user|group|serviceAccount|domain):[^\\s]+$", member))])
    error_message = "mart_readers must be IAM members of kind user:, group:, serviceAccount: or domain:; allUsers is refused, the data is not ours to publish."
  }
}

variable "name" {
  description = "Prefix of every resource's name; two deployments never share one project, because BigQuery's datasets carry no prefix."
  type        = string
  default     = "coincap"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,9}[a-z0-9]$", var.name))
    error_message = "name must be 2 to 11 lower-case letters, digits and hyphens, starting with a letter: account ids, which have at most 30 characters, are built from it."
  }
}

variable "network" {
  description = "Ranges: `cidr` for every machine (at least a /24), `services_cidr` for Cloud SQL (at least a /24); flow_log_sampling is the share of flows that is logged."
  type = object({
    cidr              = optional(string, "10.20.0.0/22")
    flow_log_sampling = optional(number, 0.1)
    services_cidr     = optional(string, "10.21.0.0/20")
  })
  default = {}

  validation {
    condition     = try(cidrhost(var.network.cidr, 0) == split("/", var.network.cidr)[0], false) && try(tonumber(split("/", var.network.cidr)[1]) <= 24, false)
    error_message = "network.cidr must be a CIDR range of at least a /24, written with its first address, such as 10.20.0.0/22: clusters, brokers and Composer take addresses from it."
  }

  validation {
    condition     = try(cidrhost(var.network.services_cidr, 0) == split("/", var.network.services_cidr)[0], false) && try(tonumber(split("/", var.network.services_cidr)[1]) <= 24, false)
    error_message = "network.services_cidr must be a CIDR range of at least a /24, written with its first address, such as 10.21.0.0/20: Cloud SQL takes whole /24 blocks from it."
  }

  validation {
    # Two ranges overlap where they agree in the bits of the shorter prefix.
    condition = try(length(distinct([
      for range in [var.network.cidr, var.network.services_cidr] : cidrhost(format("%s/%d", split("/", range)[0], min([
        for other in [var.network.cidr, var.network.services_cidr] : tonumber(split("/", other)[1])
      ]...)), 0)
    ])) == 2, true)
    error_message = "network.cidr and network.services_cidr overlap; give Cloud SQL a range of its own, such as 10.21.0.0/20."
  }

  validation {
    condition     = var.network.flow_log_sampling > 0 && var.network.flow_log_sampling <= 1
    error_message = "network.flow_log_sampling must lie above 0 and be at most 1."
  }
}

variable "profile" {
  description = "Size: lean (cheapest that does the whole job), standard (every component, Composer included) or production (three brokers over zones, standby database)."
  type        = string
  default     = "standard"

  validation {
    condition     = contains(["lean", "standard", "production"], var.profile)
    error_message = "profile must be lean, standard or production; infra/README.md says what each costs."
  }
}

variable "project_id" {
  description = "Project that holds everything; it must exist and have a billing account."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id must be the project's id (6 to 30 lower-case letters, digits and hyphens), not its name or number: gcloud projects list."
  }
}

variable "raw_pages" {
  description = "What happens to CoinCap's raw pages in the lake: colder storage after some days, deletion after more (left out: never). Deleted pages can't be published again."
  type = object({
    colder_after_days = optional(number, 90)
    colder_class      = optional(string, "COLDLINE")
    delete_after_days = optional(number)
  })
  default = {}

  validation {
    condition     = contains(["NEARLINE", "COLDLINE", "ARCHIVE"], var.raw_pages.colder_class)
    error_message = "raw_pages.colder_class must be NEARLINE, COLDLINE or ARCHIVE."
  }

  validation {
    condition     = var.raw_pages.colder_after_days >= 30 && coalesce(var.raw_pages.delete_after_days, 100000) > var.raw_pages.colder_after_days
    error_message = "raw_pages: colder_after_days must be at least 30, and delete_after_days more than that; the lake is what lost hours are rebuilt from."
  }
}

variable "region" {
  description = "Region of everything, the warehouse included."
  type        = string

  validation {
    condition     = contains(local.composer_regions, var.region)
    error_message = "region has no Composer 3 (or is no region). Choose one of cloud.google.com/composer/docs/composer-3/locations, such as europe-west1 or us-central1."
  }
}

variable "runbook_url" {
  description = "Address of infra/README.md that alerts link to, for example on your Git host; null links the copy in the code bucket."
  type        = string
  default     = null

  validation {
    condition     = var.runbook_url == null || can(regex("^https://[^\\s#]+$", coalesce(var.runbook_url, "https://a")))
    error_message = "runbook_url must be an https:// address without a #section, which each alert adds; or null."
  }
}
