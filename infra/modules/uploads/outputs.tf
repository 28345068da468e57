output "content_hash" {
  description = "SHA-256 over the names and contents of the uploaded files."
  value       = sha256(join("\n", [for name in sort(keys(local.files)) : "${name} ${filesha256(local.files[name])}"]))
}

output "names" {
  description = "Names of the uploaded objects."
  value       = sort(keys(local.files))
}
