mock_provider "google" {
  mock_resource "google_cloudfunctions2_function" {
    defaults = { service_config = { uri = "https://function.example" } }
  }
}
mock_provider "archive" {}

variables {
  project_id      = "test-project"
  region          = "europe-west1"
  coincap_api_key = "0123456789abcdef0123"
}

run "standard" {
  command = plan
}
