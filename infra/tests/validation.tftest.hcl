# Bad input is refused while planning. One run gives as many variables a bad value as it can,
# because each run costs seconds; each named variable must refuse its value.

mock_provider "google" {}

mock_provider "archive" {}

variables {
  project_id      = "test-project"
  region          = "europe-west1"
  coincap_api_key = "0123456789abcdef0123"
}

run "one" {
  command = plan

  variables {
    project_id              = "My Project"
    region                  = "us-west8" # no such region
    profile                 = "huge"
    name                    = "coincap-market-data"
    coincap_api_key         = "changeme"
    coincap_api_key_version = 0
    alert_email             = "nobody"
    network                 = { cidr = "10.0.0.0/28" }
    credits                 = { jobs = [{ every_minutes = 0, credits_per_run = 9, sweeps = [{ endpoint = "rates", rows = 192 }] }] }
    cloudsql                = { disk_gb = 5 }
    kafka                   = { disk_gb = 1 }
    mart_readers            = ["allUsers"]
    cpu_quota               = 4
    labels                  = { Environment = "Test" }
    runbook_url             = "http://wiki.example.com/coincap"
  }

  expect_failures = [var.project_id, var.region, var.profile, var.name, var.coincap_api_key, var.coincap_api_key_version, var.alert_email, var.network, var.credits, var.cloudsql, var.kafka, var.mart_readers, var.cpu_quota, var.labels, var.runbook_url]
}

run "two" {
  command = plan

  variables {
    project_id      = "123456789012"  # the number instead of the id
    region          = "europe-north2" # a region without Composer 3
    name            = "coin_cap"
    coincap_api_key = "0123456789 0123456789"
    network         = { cidr = "10.0.0.0" }
    credits         = { jobs = [{ every_minutes = 7, credits_per_run = 9, sweeps = [{ endpoint = "rates", rows = 192 }] }] } # cron can't say it
    cloudsql        = { availability = "GLOBAL" }
    dataproc        = { stream_machine = "e2-medium" } # a shared core
    grafana         = true                             # for nobody
    kafka           = { machine = "f1-micro" }
  }

  expect_failures = [var.project_id, var.region, var.name, var.coincap_api_key, var.network, var.credits, var.cloudsql, var.dataproc, var.grafana, var.kafka]
}

run "three" {
  command = plan

  variables {
    network   = { services_cidr = "10.1.0.0/26" }
    dataproc  = { batch_machine = "e2-standard-4" } # in a profile without a batch cluster
    credits   = { jobs = [{ every_minutes = 60, credits_per_run = 9, sweeps = [{ endpoint = "candles", rows = 10 }] }] }
    cloudsql  = { recovery_days = 30 }
    raw_pages = { colder_class = "FROZEN" }
  }

  expect_failures = [var.network, var.credits, var.cloudsql, var.dataproc, var.raw_pages]
}

run "four" {
  command = plan

  variables {
    profile   = "production"
    dataproc  = { batch_max_workers = 50 }
    network   = { flow_log_sampling = 0 }
    raw_pages = { delete_after_days = 60 }
    credits   = { jobs = [{ every_minutes = 60, credits_per_run = 1, sweeps = [{ endpoint = "assets", scope = "binance", rows = 1 }] }] }
  }

  expect_failures = [var.network, var.credits, var.raw_pages, var.dataproc]
}

run "five" {
  command = plan

  variables {
    credits = { jobs = [] }
    network = { cidr = "10.20.0.0/22", services_cidr = "10.20.0.0/20" }
  }

  expect_failures = [var.credits, var.network]
}

run "price_left_out" {
  command = plan

  variables {
    credits = { jobs = [{ every_minutes = 60, credits_per_run = 0, sweeps = [{ endpoint = "rates", rows = 192 }] }] }
  }

  expect_failures = [var.credits]
}

run "six" {
  command = plan

  variables {
    credits = { monthly_budget = 0, plan = "unlimited" }
    network = { cidr = "10.20.0.7/22" } # not the first address
  }

  expect_failures = [var.credits, var.network]
}

run "same_cadence_twice" {
  command = plan

  variables {
    credits = {
      jobs = [
        { every_minutes = 1440, credits_per_run = 9, sweeps = [{ endpoint = "rates", rows = 192 }] },
        { every_minutes = 1440, credits_per_run = 9, sweeps = [{ endpoint = "exchanges", rows = 100 }] },
      ]
    }
  }

  expect_failures = [var.credits]
}

run "budget_too_small" {
  command = plan

  variables {
    credits = { monthly_budget = 3000 }
  }

  expect_failures = [terraform_data.credit_budget]
}

run "sweep_every_minute_on_a_free_key" {
  command = plan

  variables {
    credits = { jobs = [{ every_minutes = 1, credits_per_run = 1921, sweeps = [{ endpoint = "markets", rows = 15000 }] }] }
  }

  expect_failures = [terraform_data.credit_budget]
}

run "machines_that_do_not_fit" {
  command = plan

  variables {
    profile  = "production"                         # 30 vCPU of 24
    kafka    = { machine = "e2-medium" }            # 4 GB for a heap of 4
    dataproc = { stream_machine = "e2-standard-2" } # 8 GB for 2 + 6
  }

  expect_failures = [terraform_data.sizes]
}
