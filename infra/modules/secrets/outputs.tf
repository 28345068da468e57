output "api_key_secret" {
  description = "Id of the secret that holds CoinCap's API key."
  value       = google_secret_manager_secret.api_key.secret_id

  # Whoever refers to the secret needs a version of it, and the right to read it.
  depends_on = [
    google_secret_manager_secret_iam_member.readers,
    google_secret_manager_secret_version.api_key,
  ]
}
