variable "connection_name" {
  description = "Cloud SQL instance as its connectors name it: project:region:instance."
  type        = string
}

variable "dashboards_dir" {
  description = "Folder with dashboards/ and provisioning/ of the local stack's Grafana."
  type        = string
}

variable "database" {
  description = "Database of the data source."
  type        = string
}

variable "image" {
  description = "Grafana's image."
  type        = string
}

variable "name" {
  description = "Prefix of every resource's name."
  type        = string
}

variable "network_id" {
  description = "VPC that PostgreSQL is reached through."
  type        = string
}

variable "project_id" {
  description = "Project that holds the service."
  type        = string
}

variable "region" {
  description = "Region of the service."
  type        = string
}

variable "subnet_id" {
  description = "Subnet that the service takes its addresses from."
  type        = string
}

variable "viewers" {
  description = "IAM members that may look."
  type        = list(string)
}
