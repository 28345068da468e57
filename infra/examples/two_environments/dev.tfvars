# Development: the cheapest profile in a project of its own; data may go with a destroy.
project_id          = "my-coincap-dev"
region              = "europe-west1"
profile             = "lean"
deletion_protection = false
labels              = { environment = "dev" }

# A cadence of one's own, as `python -m ingest.plan propose --credits N --json` prints them.
credits = {
  plan           = "free"
  monthly_budget = 4000
  jobs = [
    { every_minutes = 1440, credits_per_run = 36, sweeps = [
      { endpoint = "rates", rows = 192 },
      { endpoint = "exchanges", rows = 100 },
      { endpoint = "markets", scope = "binance~125", rows = 125 },
    ] },
    { every_minutes = 10080, credits_per_run = 325, sweeps = [{ endpoint = "assets", rows = 2000 }] },
  ]
}
