# Jobs and packages under a folder that is named after their content: changed code is a new
# folder, and every job that refers to it is submitted anew. The old folder goes last, when
# jobs and DAGs know the new one.

locals {
  left_out = "(^|/)(__pycache__/|\\.)|\\.(pyc|md|in)$"
  job_files = sort([
    for file in fileset(var.jobs_dir, "**") : file if !can(regex(local.left_out, file))
  ])
  contract_files = sort([
    for file in fileset(var.contract_dir, "**") : file if !can(regex(local.left_out, file))
  ])

  content = sha256(join("\n", concat(
    [for file in local.job_files : "${file} ${filesha256("${var.jobs_dir}/${file}")}"],
    [for file in local.contract_files : "coincap/${file} ${filesha256("${var.contract_dir}/${file}")}"],
  )))
  prefix = "jobs/${substr(local.content, 0, 16)}"

  drivers    = [for file in local.job_files : file if can(regex("^[a-z_]+\\.py$", file))]
  migrations = [for file in local.job_files : file if can(regex("^migrations/.*\\.sql$", file))]
  packaged   = [for file in local.job_files : file if can(regex("/", file)) && !startswith(file, "migrations/")]

  requirements = file("${var.jobs_dir}/requirements.txt")
  jars         = jsondecode(file("${path.module}/jars.json")).jars
}

resource "google_storage_bucket_object" "drivers" {
  for_each = toset(local.drivers)
  bucket   = var.code_bucket
  name     = "${local.prefix}/${each.value}"
  source   = "${var.jobs_dir}/${each.value}"

  lifecycle {
    create_before_destroy = true
  }
}

# Plain files that Dataproc puts into the driver's working directory.
resource "google_storage_bucket_object" "migrations" {
  for_each = toset(local.migrations)
  bucket   = var.code_bucket
  name     = "${local.prefix}/${each.value}"
  source   = "${var.jobs_dir}/${each.value}"

  lifecycle {
    create_before_destroy = true
  }
}

# The packages that all jobs share, the contract among them.
data "archive_file" "packages" {
  type        = "zip"
  output_path = "${path.root}/build/packages-${local.content}.zip"

  dynamic "source" {
    for_each = toset(local.packaged)
    content {
      filename = source.value
      content  = file("${var.jobs_dir}/${source.value}")
    }
  }

  dynamic "source" {
    for_each = toset(local.contract_files)
    content {
      filename = "coincap/${source.value}"
      content  = file("${var.contract_dir}/${source.value}")
    }
  }
}

resource "google_storage_bucket_object" "packages" {
  bucket = var.code_bucket
  name   = "${local.prefix}/packages.zip"
  source = data.archive_file.packages.output_path

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_storage_bucket_object" "requirements" {
  bucket  = var.code_bucket
  name    = "dataproc/requirements-${substr(sha256(local.requirements), 0, 12)}.txt"
  content = local.requirements
}

locals {
  node_script = join("\n", [file("${path.module}/../../scripts/lib.sh"), file("${path.module}/scripts/node.sh")])
}

resource "google_storage_bucket_object" "node_script" {
  bucket  = var.code_bucket
  name    = "dataproc/node-${substr(sha256(local.node_script), 0, 12)}.sh"
  content = local.node_script
}
