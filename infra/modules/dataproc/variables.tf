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

variable "maven_repository" {
  description = "Artifact Registry repository that mirrors Maven Central."
  type        = string
}

variable "name" {
  description = "Prefix of every resource's name."
  type        = string
}

variable "project_id" {
  description = "Project that holds the clusters."
  type        = string
}

variable "python_index" {
  description = "Artifact Registry repository that mirrors PyPI."
  type        = string
}

variable "region" {
  description = "Region of the clusters."
  type        = string
}

variable "scratch_bucket" {
  description = "Bucket for staging and temporary files."
  type        = string
}

variable "stream_machine" {
  description = "Machine type of the stream's cluster."
  type        = string
}

variable "stream_memory" {
  description = "Memory of the stream's driver and executor as Spark writes it."
  type        = object({ driver = string, executor = string })
}

variable "subnet_id" {
  description = "Subnet of the clusters."
  type        = string
}

variable "zone" {
  description = "Zone of the clusters."
  type        = string
}
