# Which bucket is said at init, because variables can't be used here:
# terraform init -backend-config=bucket=PROJECT-terraform-state -backend-config=prefix=coincap
terraform {
  backend "gcs" {}
}
