variable "availability" {
  description = "ZONAL, or REGIONAL for a standby in a second zone."
  type        = string
}

variable "deletion_protection" {
  description = "Whether the instance refuses to be deleted."
  type        = bool
}

variable "disk_gb" {
  description = "Disk at the start, GB; it grows by itself up to ten times that."
  type        = number
}

variable "migration" {
  description = "Id of the job that migrates the schema; the other users wait for it."
  type        = string
}

variable "name" {
  description = "Prefix of the instance's name."
  type        = string
}

variable "network_id" {
  description = "VPC that the private address belongs to."
  type        = string
}

variable "owner" {
  description = "IAM member of the account that migrates and writes."
  type        = string
}

variable "project_id" {
  description = "Project that holds the instance."
  type        = string
}

variable "readers" {
  description = "IAM members (serviceAccount:, user: or group:) that may log in and read the views, by a name of ours."
  type        = map(string)
}

variable "recovery_days" {
  description = "Days that point-in-time recovery reaches back."
  type        = number
}

variable "region" {
  description = "Region of the instance."
  type        = string
}

variable "tier" {
  description = "Machine tier, for example db-g1-small."
  type        = string
}

variable "writers" {
  description = "IAM members that may log in and write rows, by a name of ours."
  type        = map(string)
}
