# The stream's cluster: one node, always on. In the smaller profiles the batch runs on it too.

locals {
  metadata = {
    block-project-ssh-keys = "true"
    code-bucket            = var.code_bucket
    enable-oslogin         = "TRUE"
    jars                   = join("\n", concat([for coordinates, sum in local.jars : "${coordinates} ${sum}"], [""]))
    kafka-jaas             = local.kafka_jaas
    kafka-secret-prefix    = "${var.site.name}-kafka"
    maven-repository       = var.packages.maven
    python-index           = var.packages.python
    requirements-object    = google_storage_bucket_object.requirements.name
  }

  kafka_jaas = templatefile("${path.module}/../kafka/templates/jaas.conf.tftpl", {
    user     = "stream"
    password = "@PASSWORD@"
  })

  # One node holds the stream and the batch: YARN counts memory, not cores (an executor with two
  # cores and its application master are three on a machine of two), and lets both masters in.
  properties = {
    "capacity-scheduler:yarn.scheduler.capacity.maximum-am-resource-percent" = "0.5"
    "capacity-scheduler:yarn.scheduler.capacity.resource-calculator"         = "org.apache.hadoop.yarn.util.resource.DefaultResourceCalculator"
    "dataproc:dataproc.logging.stackdriver.enable"                           = "true"
    "dataproc:dataproc.logging.stackdriver.job.driver.enable"                = "true"
    "dataproc:dataproc.monitoring.stackdriver.enable"                        = "false"
    "spark:spark.eventLog.rolling.enabled"                                   = "true"
    "spark:spark.history.fs.cleaner.enabled"                                 = "true"
    "yarn:yarn.log-aggregation.retain-seconds"                               = "604800"
  }
}

resource "google_dataproc_cluster" "stream" {
  # checkov:skip=CKV_GCP_91:Public market data; Google's own keys encrypt it.
  project                       = var.site.project_id
  region                        = var.site.region
  name                          = "${var.site.name}-stream"
  graceful_decommission_timeout = "120s"

  cluster_config {
    staging_bucket = var.scratch_bucket
    temp_bucket    = var.scratch_bucket

    gce_cluster_config {
      zone             = var.site.zones[0]
      subnetwork       = var.site.subnet_id
      internal_ip_only = true
      service_account  = google_service_account.stream.email
      service_account_scopes = [
        "cloud-platform",
      ]
      tags     = ["dataproc"]
      metadata = local.metadata

      shielded_instance_config {
        enable_secure_boot          = true
        enable_vtpm                 = true
        enable_integrity_monitoring = true
      }
    }

    master_config {
      num_instances = 1
      machine_type  = var.stream_machine

      disk_config {
        boot_disk_type    = "pd-balanced"
        boot_disk_size_gb = 50
      }
    }

    software_config {
      image_version       = var.image_version
      override_properties = merge(local.properties, { "dataproc:dataproc.allow.zero.workers" = "true" })
    }

    endpoint_config {
      enable_http_port_access = true # Spark's pages, behind the console's own login
    }

    initialization_action {
      script      = "gs://${var.code_bucket}/${google_storage_bucket_object.node_script.name}"
      timeout_sec = 1200 # the first apply waits here for Kafka's passwords
    }
  }

  depends_on = [google_project_iam_member.stream]
}

# Only the batch scales: a stream's stages are short and its state is in PostgreSQL.
resource "google_dataproc_autoscaling_policy" "batch" {
  count     = var.batch == null ? 0 : 1
  project   = var.site.project_id
  location  = var.site.region
  policy_id = "${var.site.name}-batch"

  worker_config {
    min_instances = 2
    max_instances = var.batch.max_workers
  }

  basic_algorithm {
    cooldown_period = "240s"

    yarn_config {
      graceful_decommission_timeout = "600s"
      scale_up_factor               = 1.0
      scale_down_factor             = 1.0
    }
  }
}

resource "google_dataproc_cluster" "batch" {
  # checkov:skip=CKV_GCP_91:Public market data; Google's own keys encrypt it.
  count                         = var.batch == null ? 0 : 1
  project                       = var.site.project_id
  region                        = var.site.region
  name                          = "${var.site.name}-batch"
  graceful_decommission_timeout = "600s"

  cluster_config {
    staging_bucket = var.scratch_bucket
    temp_bucket    = var.scratch_bucket

    autoscaling_config {
      policy_uri = google_dataproc_autoscaling_policy.batch[0].name
    }

    gce_cluster_config {
      zone             = var.site.zones[0]
      subnetwork       = var.site.subnet_id
      internal_ip_only = true
      service_account  = google_service_account.batch.email
      service_account_scopes = [
        "cloud-platform",
      ]
      tags     = ["dataproc"]
      metadata = merge(local.metadata, { kafka-secret-prefix = "" })

      shielded_instance_config {
        enable_secure_boot          = true
        enable_vtpm                 = true
        enable_integrity_monitoring = true
      }
    }

    master_config {
      num_instances = 1
      machine_type  = var.batch.machine

      disk_config {
        boot_disk_type    = "pd-balanced"
        boot_disk_size_gb = 100
      }
    }

    worker_config {
      num_instances = 2
      machine_type  = var.batch.machine

      disk_config {
        boot_disk_type    = "pd-balanced"
        boot_disk_size_gb = 100
      }
    }

    software_config {
      image_version       = var.image_version
      override_properties = local.properties
    }

    endpoint_config {
      enable_http_port_access = true
    }

    initialization_action {
      script      = "gs://${var.code_bucket}/${google_storage_bucket_object.node_script.name}"
      timeout_sec = 1200
    }
  }

  lifecycle {
    # The autoscaler owns the number of workers.
    ignore_changes = [cluster_config[0].worker_config[0].num_instances]
  }

  depends_on = [google_project_iam_member.batch]
}
