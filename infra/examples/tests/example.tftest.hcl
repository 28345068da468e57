# Plans whatever -var-file names; tests/infra runs it once per example.

mock_provider "google" {
  mock_resource "google_cloudfunctions2_function" {
    defaults = { service_config = { uri = "https://function.example" } }
  }
}

mock_provider "archive" {}

variables {
  coincap_api_key = "0123456789abcdef0123"
}

run "example" {
  command = plan

  assert {
    condition     = output.credits.planned <= output.credits.budget
    error_message = "an example must be payable"
  }
}
