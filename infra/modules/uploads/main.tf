# Folders of the repository as objects of a bucket, one object per file: a changed file is a
# changed object, a deleted file a deleted object.

locals {
  left_out = "(^|/)(__pycache__/|\\.|target/|logs/|dbt_packages/)|\\.(pyc|md|in)$"

  files = merge([
    for prefix, folder in var.folders : {
      for file in fileset(folder, "**") : "${prefix}${file}" => "${folder}/${file}" if !can(regex(local.left_out, file))
    }
  ]...)
}

resource "google_storage_bucket_object" "files" {
  for_each       = local.files
  bucket         = var.bucket
  name           = each.key
  source         = each.value
  source_md5hash = filemd5(each.value)
}
