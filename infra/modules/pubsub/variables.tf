variable "bridge" {
  description = "IAM member of the bridge between Pub/Sub and Kafka."
  type        = string
}

variable "project_id" {
  description = "Project that holds the topics."
  type        = string
}

variable "publishers" {
  description = "IAM members of the functions that publish, by a name of ours."
  type        = map(string)
}

variable "region" {
  description = "The only region that keeps messages."
  type        = string
}

variable "replayer" {
  description = "IAM member of the function that replays dead letters."
  type        = string
}

variable "topics" {
  description = "The contract's topics by name, defaults merged in."
  type = map(object({
    kafka_retention_hours  = number
    max_message_bytes      = number
    partitions             = number
    pubsub_retention_hours = number
    record                 = string
    route                  = string
  }))
}
