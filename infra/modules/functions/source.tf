# The zip is named after its content: changed code is a new object, and a new object is a
# new revision of every function.

locals {
  files = sort([
    for file in fileset(var.source_dir, "**") : file
    if !anytrue([for pattern in local.left_out : can(regex(pattern, file))])
  ])
  left_out = ["(^|/)__pycache__/", "\\.pyc$", "(^|/)\\.", "\\.md$", "\\.in$"]
  content  = sha256(join("\n", [for file in local.files : "${file} ${filesha256("${var.source_dir}/${file}")}"]))
}

data "archive_file" "source" {
  type        = "zip"
  output_path = "${path.root}/build/functions-${local.content}.zip"

  dynamic "source" {
    for_each = toset(local.files)
    content {
      filename = source.value
      content  = file("${var.source_dir}/${source.value}")
    }
  }
}

resource "google_storage_bucket_object" "source" {
  bucket = var.code_bucket
  name   = "functions/${local.content}.zip"
  source = data.archive_file.source.output_path
}
