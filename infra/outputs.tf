output "airflow" {
  description = "Airflow's page (Composer), or the tunnel to the small machine (profile lean)."
  value       = local.on_composer ? module.composer[0].airflow_uri : "gcloud compute ssh ${module.airflow_vm[0].instance} --project ${var.project_id} --zone ${local.zones[0]} --tunnel-through-iap -- -N -L 8080:localhost:8080"
}

output "bridge_manifests" {
  description = "Files of the jar that stands beside the released connector."
  value       = module.bridge.manifests
}

output "buckets" {
  description = "Buckets of code, lake and scratch."
  value       = { code = module.lake.code_bucket, lake = module.lake.lake_bucket, scratch = module.lake.scratch_bucket }
}

output "clusters" {
  description = "Dataproc clusters of stream and batch."
  value       = { stream = module.dataproc.stream_cluster, batch = module.dataproc.batch_cluster }
}

output "credits" {
  description = "Credits a month: the budget, what the jobs cost together and each."
  value       = { budget = local.budget, planned = local.credits_planned, by_job = local.credits_per_month }
}

output "function_urls" {
  description = "Addresses of the functions; they answer inside the project only."
  value       = module.functions.urls
}

output "grafana" {
  description = "Grafana's page, where it is switched on."
  value       = var.grafana ? module.grafana[0].url : null
}

output "job_arguments" {
  description = "Command lines of the Dataproc jobs."
  value       = local.job_arguments
}

output "kafka_bootstrap" {
  description = "Kafka's addresses for clients (SASL over TLS)."
  value       = module.kafka.bootstrap
}

output "looker_studio_url" {
  description = "Opens a new Looker Studio report on marts.rpt_market_overview."
  value       = local.looker_url
}

output "polls" {
  description = "Cron schedule (UTC) and sweeps of each job."
  value       = { for name, job in local.jobs : name => { schedule = job.cron, sweeps = job.sweeps } }
}

output "postgres" {
  description = "Instance, private address and database of PostgreSQL."
  value = {
    address         = module.cloudsql.address
    connection_name = module.cloudsql.connection_name
    database        = module.cloudsql.database
  }
}

output "sizes" {
  description = "What the profile and its overrides come to; infra/cost.py prices it."
  value       = local.sizes
}
