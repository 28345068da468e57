# Remote repositories: the machines have no way to the Internet, Artifact Registry fetches
# and caches for them. A fourth, ordinary one holds the images that Cloud Functions builds.

locals {
  host = { for kind in ["docker", "maven", "python"] : kind => "${var.region}-${kind}.pkg.dev/${var.project_id}" }

  remotes = {
    docker = { format = "DOCKER", upstream = "DOCKER_HUB", holds = "Container images (Kafka, Airflow)." }
    maven  = { format = "MAVEN", upstream = "MAVEN_CENTRAL", holds = "Jars of the Spark jobs and of the bridge." }
    python = { format = "PYTHON", upstream = "PYPI", holds = "Python packages of the jobs and of Composer." }
  }
}

resource "google_artifact_registry_repository" "remote" {
  # checkov:skip=CKV_GCP_84:Copies of public packages; Google's own keys encrypt them.
  for_each      = local.remotes
  project       = var.project_id
  location      = var.region
  repository_id = "${var.name}-${each.key}"
  description   = each.value.holds
  format        = each.value.format
  mode          = "REMOTE_REPOSITORY"

  cleanup_policy_dry_run = false

  cleanup_policies {
    id     = "unused-copies"
    action = "DELETE"

    condition {
      older_than = "7776000s" # 90 days; fetched again when needed
    }
  }

  remote_repository_config {
    description = "Cache of ${each.value.upstream}."

    dynamic "docker_repository" {
      for_each = each.value.format == "DOCKER" ? [1] : []
      content {
        public_repository = each.value.upstream
      }
    }

    dynamic "maven_repository" {
      for_each = each.value.format == "MAVEN" ? [1] : []
      content {
        public_repository = each.value.upstream
      }
    }

    dynamic "python_repository" {
      for_each = each.value.format == "PYTHON" ? [1] : []
      content {
        public_repository = each.value.upstream
      }
    }
  }
}

resource "google_artifact_registry_repository" "functions" {
  # checkov:skip=CKV_GCP_84:Holds images built from this repository's code; Google's own keys encrypt them.
  project       = var.project_id
  location      = var.region
  repository_id = "${var.name}-functions"
  description   = "Images that Cloud Functions builds."
  format        = "DOCKER"

  cleanup_policy_dry_run = false

  cleanup_policies {
    id     = "keep-recent"
    action = "KEEP"

    most_recent_versions {
      keep_count = 5
    }
  }

  cleanup_policies {
    id     = "old"
    action = "DELETE"

    condition {
      older_than = "2592000s" # 30 days
    }
  }
}

resource "google_artifact_registry_repository_iam_member" "readers" {
  for_each   = { for pair in setproduct(keys(local.remotes), keys(var.readers)) : join("/", pair) => pair }
  project    = var.project_id
  location   = var.region
  repository = google_artifact_registry_repository.remote[each.value[0]].name
  role       = "roles/artifactregistry.reader"
  member     = var.readers[each.value[1]]
}
