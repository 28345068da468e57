# Development: the cheapest profile in a project of its own; data may go with a destroy.
project_id          = "my-coincap-dev"
region              = "europe-west1"
profile             = "lean"
deletion_protection = false
labels              = { environment = "dev" }

credits = {
  plan           = "free"
  monthly_budget = 4000
  polls = {
    rates           = { endpoint = "rates", every_minutes = 1440 }
    exchanges       = { endpoint = "exchanges", every_minutes = 1440 }
    assets          = { endpoint = "assets", every_minutes = 10080 }
    markets-binance = { endpoint = "markets", every_minutes = 1440, scope = "binance", rows = 399 }
  }
}
