resource "google_storage_bucket_iam_member" "members" {
  for_each = var.access
  bucket   = { lake = google_storage_bucket.lake.name, code = google_storage_bucket.code.name, scratch = google_storage_bucket.scratch.name }[each.value.bucket]
  role     = each.value.role
  member   = each.value.member
}
