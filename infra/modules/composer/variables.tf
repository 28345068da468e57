variable "account" {
  description = "Address of the service account that tasks act as."
  type        = string
}

variable "environment" {
  description = "Environment variables of every task."
  type        = map(string)
}


variable "image_version" {
  description = "Composer image, for example composer-3-airflow-3.1."
  type        = string
}

variable "max_workers" {
  description = "Most Airflow workers."
  type        = number
}

variable "member" {
  description = "IAM member of that account."
  type        = string
}

variable "name" {
  description = "Prefix of every resource's name."
  type        = string
}

variable "network_id" {
  description = "VPC that tasks reach."
  type        = string
}

variable "packages" {
  description = "Python packages beside the image's own, with versions (==1.2.3)."
  type        = map(string)
}

variable "project_id" {
  description = "Project that holds the environment."
  type        = string
}

variable "python_index" {
  description = "Artifact Registry repository that mirrors PyPI."
  type        = string
}

variable "region" {
  description = "Region of the environment."
  type        = string
}

variable "size" {
  description = "ENVIRONMENT_SIZE_SMALL, _MEDIUM or _LARGE."
  type        = string
}

variable "subnet_id" {
  description = "Subnet that tasks reach."
  type        = string
}
