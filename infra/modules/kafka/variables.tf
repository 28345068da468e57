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

variable "image_prefix" {
  description = "Artifact Registry repository that mirrors Docker Hub."
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

variable "name" {
  description = "Prefix of every resource's name."
  type        = string
}

variable "os_image" {
  description = "Image of the machines; Container-Optimized OS."
  type        = string
}

variable "project_id" {
  description = "Project that holds the brokers."
  type        = string
}

variable "region" {
  description = "Region of the brokers."
  type        = string
}

variable "replication" {
  description = "Copies of each partition, and how many must confirm a write."
  type        = object({ factor = number, min_insync = number })
}

variable "subnet_id" {
  description = "Subnet of the brokers."
  type        = string
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

variable "zones" {
  description = "Zones to spread the brokers over."
  type        = list(string)
}
