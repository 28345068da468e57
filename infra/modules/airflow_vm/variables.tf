variable "account" {
  description = "Address of the service account that tasks act as."
  type        = string
}

variable "airflow_version" {
  description = "Tag of the image apache/airflow."
  type        = string
}

variable "code_bucket" {
  description = "Bucket with the DAGs under airflow/."
  type        = string
}

variable "environment" {
  description = "Environment variables of every task."
  type        = map(string)
}

variable "machine" {
  description = "Machine type."
  type        = string
}

variable "packages" {
  description = "Artifact Registry repositories that mirror Docker Hub and PyPI."
  type = object({
    docker = string
    python = string
  })
}

variable "site" {
  description = "Where the machines stand and what they are called: the same for all of them (infra/main.tf)."
  type = object({
    name       = string
    os_image   = string
    project_id = string
    subnet_id  = string
    zones      = list(string)
  })
}
