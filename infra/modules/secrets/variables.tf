variable "api_key" {
  description = "CoinCap's API key."
  type        = string
  sensitive   = true
  ephemeral   = true
}

variable "api_key_version" {
  description = "Raise it by one to write a new value of api_key."
  type        = number
}

variable "name" {
  description = "Prefix of the secret's id."
  type        = string
}

variable "project_id" {
  description = "Project that holds the secret."
  type        = string
}

variable "readers" {
  description = "IAM members that may read the key, by a name of ours."
  type        = map(string)
}

variable "region" {
  description = "Region that keeps the secret."
  type        = string
}
