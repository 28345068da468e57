variable "bootstrap" {
  description = "Kafka's addresses for clients."
  type        = string
}

variable "code_bucket" {
  description = "Bucket that the manifests' jar goes to."
  type        = string
}

variable "connector" {
  description = "Released connector: Maven coordinates group:artifact:version and the jar's SHA-256."
  type        = object({ coordinates = string, sha256 = string })
}

variable "heap" {
  description = "Heap of the worker as Java writes it, for example 1g."
  type        = string
}

variable "kafka_version" {
  description = "Tag of the image apache/kafka, which holds Connect too."
  type        = string
}

variable "machine" {
  description = "Machine type."
  type        = string
}

variable "packages" {
  description = "Artifact Registry repositories that mirror Docker Hub and Maven Central."
  type = object({
    docker = string
    maven  = string
  })
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

variable "subscriptions" {
  description = "Pub/Sub subscription to pull, by topic."
  type        = map(string)
}

variable "topics" {
  description = "The contract's topics by name, defaults merged in."
  type = map(object({
    max_message_bytes = number
    partitions        = number
    route             = string
  }))
}
