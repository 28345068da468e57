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

variable "image_prefix" {
  description = "Artifact Registry repository that mirrors Docker Hub."
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

variable "maven_repository" {
  description = "Artifact Registry repository that mirrors Maven Central."
  type        = string
}

variable "name" {
  description = "Prefix of every resource's name."
  type        = string
}

variable "os_image" {
  description = "Image of the machine; Container-Optimized OS."
  type        = string
}

variable "project_id" {
  description = "Project that holds the bridge."
  type        = string
}

variable "region" {
  description = "Region of the bridge."
  type        = string
}

variable "subnet_id" {
  description = "Subnet of the machine."
  type        = string
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

variable "zone" {
  description = "Zone of the machine."
  type        = string
}
