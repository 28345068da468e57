variable "name" {
  description = "Prefix of every repository's id."
  type        = string
}

variable "project_id" {
  description = "Project that holds the repositories."
  type        = string
}

variable "readers" {
  description = "IAM members that may fetch from the remote repositories, by a name of ours."
  type        = map(string)
}

variable "region" {
  description = "Location of the repositories."
  type        = string
}
