variable "cidr" {
  description = "Range of the subnet that holds every machine."
  type        = string
}

variable "flow_log_sampling" {
  description = "Share of the flows that is logged, 0 to 1."
  type        = number
}

variable "name" {
  description = "Prefix of every resource's name."
  type        = string
}

variable "project_id" {
  description = "Project that holds the network."
  type        = string
}

variable "region" {
  description = "Region of the subnet."
  type        = string
}

variable "services_cidr" {
  description = "Range that Cloud SQL takes its private addresses from."
  type        = string
}
