variable "access" {
  description = "Who may do what on which bucket (lake, code or scratch), by a name of ours."
  type = map(object({
    bucket = string
    member = string
    role   = string
  }))
}

variable "deletion_protection" {
  description = "Whether a destroy must leave a lake that holds objects alone."
  type        = bool
}

variable "name" {
  description = "Part of every bucket's name, after the project's id."
  type        = string
}

variable "project_id" {
  description = "Project that holds the buckets."
  type        = string
}

variable "raw_pages" {
  description = "After how many days raw pages move to a colder storage class, and after how many they are deleted (null: never)."
  type = object({
    colder_after_days = number
    colder_class      = string
    delete_after_days = optional(number)
  })
}

variable "region" {
  description = "Location of the buckets."
  type        = string
}
