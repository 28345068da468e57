# The small Airflow machine is replaced where its settings changed, and else left alone.

mock_provider "google" {}

variables {
  account         = "airflow@test-project.iam.gserviceaccount.com"
  airflow_version = "3.1.8"
  code_bucket     = "code"
  environment     = { COINCAP_JOBS = "gs://code/jobs/1" }
  machine         = "e2-medium"
  packages        = { docker = "docker.example", python = "https://python.example" }
  site            = { name = "coincap", os_image = "cos", project_id = "test-project", subnet_id = "s", zones = ["europe-west1-b"] }
}

run "first_start" {
  module {
    source = "./modules/airflow_vm"
  }
}

run "same_settings" {
  module {
    source = "./modules/airflow_vm"
  }

  assert {
    condition     = output.instance_id == run.first_start.instance_id
    error_message = "an apply without a change must leave the machine alone"
  }
}

run "other_jobs" {
  module {
    source = "./modules/airflow_vm"
  }

  variables {
    environment = { COINCAP_JOBS = "gs://code/jobs/2" }
  }

  assert {
    condition     = output.instance_id != run.first_start.instance_id
    error_message = "the DAGs would go on to submit jobs that are deleted"
  }
}
