variable "bucket" {
  description = "Bucket that the files go to."
  type        = string
}

variable "folders" {
  description = "Folders to upload, by prefix in the bucket, for example dags/."
  type        = map(string)
}
