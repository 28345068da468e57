# Migrations, then the stream, both on the stream's cluster. A job is replaced
# when the code changes; replacing the stream cancels the old one first, and the new one goes
# on from the ledger in PostgreSQL.

locals {
  jobs_uri     = "gs://${var.code_bucket}/${local.prefix}"
  python_files = ["gs://${var.code_bucket}/${google_storage_bucket_object.packages.name}"]
}

resource "google_dataproc_job" "migrate" {
  project             = var.site.project_id
  region              = var.site.region
  wait_for_completion = true
  force_delete        = true
  labels              = { component = "migrate" }

  placement {
    cluster_name = google_dataproc_cluster.stream.name
  }

  pyspark_config {
    main_python_file_uri = "${local.jobs_uri}/migrate.py"
    python_file_uris     = local.python_files
    file_uris            = [for object in google_storage_bucket_object.migrations : "gs://${var.code_bucket}/${object.name}"]
    args                 = var.arguments.migrate
    properties           = { "spark.submit.deployMode" = "client" }
  }

  depends_on = [google_storage_bucket_object.drivers]

  lifecycle {
    # A new cluster under the old name has none of the old one's jobs.
    replace_triggered_by = [google_dataproc_cluster.stream.id]
  }
}

resource "google_dataproc_job" "stream" {
  project             = var.site.project_id
  region              = var.site.region
  wait_for_completion = false
  force_delete        = true
  labels              = { component = "stream" }

  placement {
    cluster_name = google_dataproc_cluster.stream.name
  }

  pyspark_config {
    main_python_file_uri = "${local.jobs_uri}/stream.py"
    python_file_uris     = local.python_files
    args                 = var.arguments.stream

    properties = {
      "spark.submit.deployMode"         = "client"
      "spark.dynamicAllocation.enabled" = "false"
      "spark.executor.instances"        = "1"
      "spark.executor.cores"            = "2"
      "spark.executor.memory"           = var.stream_memory.executor
      "spark.driver.memory"             = var.stream_memory.driver
      "spark.yarn.maxAppAttempts"       = "1" # Dataproc restarts the driver, see below

      # Kafka's password comes from a file that the node's start-up wrote.
      "spark.driver.extraJavaOptions"   = "-Djava.security.auth.login.config=/etc/coincap/jaas.conf"
      "spark.executor.extraJavaOptions" = "-Djava.security.auth.login.config=/etc/coincap/jaas.conf"
    }

    logging_config {
      driver_log_levels = { "root" = "WARN" }
    }
  }

  # Dataproc starts the driver again when it ends with an error, at most this often.
  scheduling {
    max_failures_per_hour = 6
    max_failures_total    = 240
  }

  depends_on = [google_dataproc_job.migrate]

  lifecycle {
    replace_triggered_by = [google_dataproc_cluster.stream.id]
  }
}
