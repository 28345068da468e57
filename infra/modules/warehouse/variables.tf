variable "deletion_protection" {
  description = "Whether a destroy must leave tables and datasets that hold rows alone."
  type        = bool
}

variable "editors" {
  description = "IAM members that load and transform, by a name of ours."
  type        = map(string)
}

variable "mart_readers" {
  description = "IAM members that read the marts, for example group:analysts@example.com."
  type        = list(string)
}

variable "project_id" {
  description = "Project that holds the datasets."
  type        = string
}

variable "region" {
  description = "Location of the datasets."
  type        = string
}
