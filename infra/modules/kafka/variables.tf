variable "brokers" {
  description = "Number of brokers, 1 or 3."
  type        = number

  validation {
    condition     = contains([1, 3], var.brokers)
    error_message = "brokers must be 1 or 3: two can't outvote a failure."
  }
}

variable "clients" {
  description = "IAM members that read a client's password: bridge and stream."
  type        = object({ bridge = string, stream = string })
}

variable "disk_gb" {
  description = "Data disk of each broker, GB."
  type        = number
}

variable "dns_zone" {
  description = "Private zone for the brokers' names."
  type        = object({ name = string, domain = string })
}

variable "heap" {
  description = "Heap of a broker as Java writes it, for example 1g."
  type        = string
}

variable "kafka_version" {
  description = "Tag of the image apache/kafka."
  type        = string
}

variable "machine" {
  description = "Machine type of each broker."
  type        = string
}

variable "packages" {
  description = "Artifact Registry repositories that mirror Docker Hub."
  type = object({
    docker = string
  })
}

variable "replication" {
  description = "Copies of each partition, and how many must confirm a write."
  type        = object({ factor = number, min_insync = number })
}

variable "site" {
  description = "Where the machines stand and what they are called: the same for all of them (infra/main.tf)."
  type = object({
    name       = string
    os_image   = string
    project_id = string
    region     = string
    subnet_id  = string
    zones      = list(string)
  })
}

variable "topics" {
  description = "The contract's topics by name, defaults merged in."
  type = map(object({
    kafka_retention_hours = number
    max_message_bytes     = number
    partitions            = number
    route                 = string
  }))
}
