variable "github_repository" {
  description = "owner/name of the repository that deploys from GitHub Actions; null: people deploy."
  type        = string
  default     = null

  validation {
    condition     = var.github_repository == null || can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", coalesce(var.github_repository, "a/b")))
    error_message = "github_repository must look like owner/name."
  }
}

variable "project_id" {
  description = "Project that holds the deployment and its state."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id must be the project's id, not its name or number: gcloud projects list."
  }
}

variable "region" {
  description = "Location of the state bucket."
  type        = string
}
