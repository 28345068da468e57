variable "api_key_secret" {
  description = "Id of the secret that holds CoinCap's API key."
  type        = string
}

variable "callers" {
  description = "IAM members that may call functions, by a name of ours."
  type        = map(string)
}

variable "code_bucket" {
  description = "Bucket that the zip goes to."
  type        = string
}

variable "environment" {
  description = "Environment variables of every function."
  type        = map(string)
}

variable "functions" {
  description = "Functions by entry point. `account` ends the name of its service account; `callers` are keys of var.callers; `cpu` and `memory` as Cloud Run writes them."
  type = map(object({
    account         = string
    callers         = list(string)
    cpu             = optional(string, "1")
    description     = string
    max_instances   = optional(number, 1)
    memory          = optional(string, "1Gi")
    needs_api_key   = optional(bool, true)
    timeout_seconds = optional(number, 540)
  }))
}

variable "image_repository" {
  description = "Repository for the images that Cloud Functions builds."
  type        = string
}

variable "name" {
  description = "Prefix of every function's and account's name."
  type        = string
}

variable "project_id" {
  description = "Project that holds the functions."
  type        = string
}

variable "region" {
  description = "Region of the functions."
  type        = string
}

variable "source_dir" {
  description = "Folder of the functions' code."
  type        = string
}
