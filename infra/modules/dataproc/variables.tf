variable "arguments" {
  description = "Command line of each job."
  type        = object({ migrate = list(string), stream = list(string) })
}

variable "batch" {
  description = "Machine type and most workers of the batch's own cluster; null runs the batch on the stream's."
  type        = object({ machine = string, max_workers = number })
}

variable "code_bucket" {
  description = "Bucket that code and jars' list go to."
  type        = string
}

variable "contract_dir" {
  description = "Folder of the package coincap."
  type        = string
}

variable "image_version" {
  description = "Dataproc image; its Spark, Scala and Python must fit jars.json and requirements.txt."
  type        = string
}

variable "jobs_dir" {
  description = "Folder of the jobs."
  type        = string
}

variable "packages" {
  description = "Artifact Registry repositories that mirror Maven Central and PyPI."
  type = object({
    maven  = string
    python = string
  })
}

variable "scratch_bucket" {
  description = "Bucket for staging and temporary files."
  type        = string
}

variable "site" {
  description = "Where the machines stand and what they are called: the same for all of them (infra/main.tf)."
  type = object({
    name       = string
    project_id = string
    region     = string
    subnet_id  = string
    zones      = list(string)
  })
}

variable "stream_machine" {
  description = "Machine type of the stream's cluster."
  type        = string
}

variable "stream_memory" {
  description = "Memory of the stream's driver and executor as Spark writes it."
  type        = object({ driver = string, executor = string })
}
