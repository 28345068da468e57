variable "jobs" {
  description = "Jobs by name: cron schedule (UTC) and the body of the call, JSON."
  type = map(object({
    body        = string
    description = string
    paused      = optional(bool, false)
    schedule    = string
  }))
}

variable "name" {
  description = "Prefix of every job's name."
  type        = string
}

variable "project_id" {
  description = "Project that holds the jobs."
  type        = string
}

variable "region" {
  description = "Region of the jobs."
  type        = string
}

variable "target" {
  description = "Address of the function that the jobs call."
  type        = object({ uri = string })
}
