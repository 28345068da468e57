variable "bridge_subscriptions" {
  description = "Pub/Sub subscription of the bridge, by topic."
  type        = map(string)
}

variable "credits_per_day" {
  description = "CoinCap credits that a single day may cost."
  type        = number
}

variable "dead_letters_per_hour" {
  description = "Refused rows per hour that are still normal."
  type        = number
}

variable "email" {
  description = "Address that alerts go to; null: nowhere but the console."
  type        = string
}

variable "least_completeness" {
  description = "Share of the claimed trading pairs, 0 to 1, below which an alert opens."
  type        = number
}

variable "name" {
  description = "Prefix of every metric's and policy's name."
  type        = string
}

variable "on_composer" {
  description = "Whether the DAGs run on Composer (else on the small machine)."
  type        = bool
}

variable "project_id" {
  description = "Project that is watched."
  type        = string
}

variable "runbook" {
  description = "Address of the runbook that alerts link to."
  type        = string
}

variable "silence_seconds" {
  description = "Seconds without a sweep or a batch after which something is wrong."
  type        = number
}
