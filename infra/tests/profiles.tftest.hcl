# Every profile plans; tests/infra reads the plans (terraform test -json -verbose) and checks
# them against the policies.

mock_provider "google" {
  mock_resource "google_cloudfunctions2_function" {
    override_during = plan
    defaults        = { service_config = { uri = "https://function.example" } }
  }

  mock_resource "google_sql_database_instance" {
    override_during = plan
    defaults        = { private_ip_address = "10.21.0.3", connection_name = "test-project:europe-west1:coincap-postgres" }
  }
}

mock_provider "archive" {}

variables {
  project_id      = "test-project"
  region          = "europe-west1"
  coincap_api_key = "0123456789abcdef0123"
  alert_email     = "data@example.com"
  mart_readers    = ["group:analysts@example.com"]
}

run "standard" {
  command = plan

  assert {
    condition     = length(module.composer) == 1 && length(module.airflow_vm) == 0
    error_message = "standard orchestrates with Composer"
  }

  assert {
    condition     = !output.sizes.batch_cluster && output.sizes.brokers == 1
    error_message = "standard has one broker, and the batch shares the stream's cluster"
  }

  assert {
    condition     = startswith(output.looker_studio_url, "https://lookerstudio.google.com/reporting/create?") && strcontains(output.looker_studio_url, "ds.ds0.tableId=rpt_market_overview")
    error_message = "the report opens on marts.rpt_market_overview"
  }

  assert {
    condition     = output.credits.planned <= output.credits.budget && output.credits.budget == 4000
    error_message = "the default is a free key, and its polls fit"
  }
}

run "lean" {
  command = plan

  variables {
    profile = "lean"
  }

  assert {
    condition     = length(module.composer) == 0 && length(module.airflow_vm) == 1
    error_message = "lean orchestrates on one small machine"
  }
}

run "production" {
  command = plan

  variables {
    cpu_quota = 32
    grafana   = true
    profile   = "production"
    credits   = { plan = "large" }
  }

  assert {
    condition     = length(distinct([for broker in module.kafka.brokers : broker.zone])) == 3
    error_message = "production spreads three brokers over three zones"
  }

  assert {
    condition     = output.sizes.sql_availability == "REGIONAL" && output.sizes.kafka_min_insync == 2
    error_message = "production has a standby database and two replicas in sync"
  }
}

run "overrides" {
  command = plan

  variables {
    name      = "coincap-dev" # as long as a name may be
    kafka     = { machine = "e2-standard-4", disk_gb = 200 }
    cloudsql  = { tier = "db-custom-4-15360", availability = "REGIONAL", recovery_days = 3 }
    credits   = { plan = "small" }
    raw_pages = { delete_after_days = 400 }
    dataproc  = { stream_machine = "e2-standard-8" }
  }

  assert {
    condition     = output.sizes.broker_machine == "e2-standard-4" && output.sizes.sql_tier == "db-custom-4-15360" && output.sizes.stream_machine == "e2-standard-8"
    error_message = "variables override single figures of the profile"
  }

  assert {
    condition     = output.credits.planned <= output.credits.budget && output.credits.budget == 500000
    error_message = "the small plan's polls fit its budget"
  }
}
