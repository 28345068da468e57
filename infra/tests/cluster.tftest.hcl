# A cluster that is replaced takes its jobs along: they are submitted anew, in order.

mock_provider "google" {}

mock_provider "archive" {
  mock_data "archive_file" {
    defaults = { output_path = "modules/dataproc/jars.json" } # any file: a mocked archive writes none
  }
}

variables {
  site           = { name = "coincap", project_id = "test-project", region = "europe-west1", subnet_id = "s", zones = ["europe-west1-b"] }
  packages       = { maven = "https://maven.example", python = "https://python.example" }
  arguments      = { migrate = [], stream = [] }
  batch          = null
  code_bucket    = "code"
  contract_dir   = "../functions/coincap"
  image_version  = "2.3-debian12"
  jobs_dir       = "../dataproc_jobs"
  scratch_bucket = "scratch"
  stream_machine = "e2-standard-4"
  stream_memory  = { driver = "1g", executor = "2g" }
}

run "first" {
  module {
    source = "./modules/dataproc"
  }
}

run "nothing_changed" {
  module {
    source = "./modules/dataproc"
  }

  assert {
    condition     = google_dataproc_job.stream.id == run.first.job_ids.stream && google_dataproc_job.migrate.id == run.first.job_ids.migrate
    error_message = "an apply without a change must leave the jobs alone"
  }
}

run "new_cluster" {
  module {
    source = "./modules/dataproc"
  }

  plan_options {
    replace = [google_dataproc_cluster.stream]
  }

  assert {
    condition     = google_dataproc_job.stream.id != run.first.job_ids.stream && google_dataproc_job.migrate.id != run.first.job_ids.migrate
    error_message = "a new cluster must get its jobs anew"
  }
}
