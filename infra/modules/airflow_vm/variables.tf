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

variable "image_prefix" {
  description = "Artifact Registry repository that mirrors Docker Hub."
  type        = string
}

variable "machine" {
  description = "Machine type."
  type        = string
}

variable "name" {
  description = "Prefix of every resource's name."
  type        = string
}

variable "os_image" {
  description = "Image of the machine; Container-Optimized OS."
  type        = string
}

variable "project_id" {
  description = "Project that holds the machine."
  type        = string
}

variable "python_index" {
  description = "Artifact Registry repository that mirrors PyPI."
  type        = string
}

variable "subnet_id" {
  description = "Subnet of the machine."
  type        = string
}

variable "zone" {
  description = "Zone of the machine."
  type        = string
}
