# CoinCap sells credits. The functions' own price list and cadences say what a month costs; a
# plan that can't be paid fails here, with the numbers, instead of running dry in the middle
# of a month.

locals {
  # One source with functions/ingest: `python -m ingest.plan` makes and explains its cadences.
  credit_model = jsondecode(file("${local.contract}/credits.json"))
  cadence      = local.credit_model.cadences[var.credits.plan]
  budget       = coalesce(var.credits.monthly_budget, local.cadence.credits_per_month)

  # Minutes between runs that cron can say, with the cron text (UTC) of each.
  crons = merge([
    for cadence in values(local.credit_model.cadences) : { for job in cadence.jobs : tostring(job.every_minutes) => job.cron }
  ]...)

  chosen_jobs = coalesce(var.credits.jobs, [
    for job in local.cadence.jobs : {
      every_minutes   = job.every_minutes
      credits_per_run = job.credits_per_run
      sweeps          = [for sweep in job.sweeps : { endpoint = sweep.endpoint, scope = sweep.scope, rows = sweep.rows }]
    }
  ])
  jobs = { for job in local.chosen_jobs : "poll-${job.every_minutes}m" => merge(job, { cron = local.crons[tostring(job.every_minutes)] }) }

  credits_per_month = {
    for name, job in local.jobs : name => ceil(local.credit_model.formula.minutes_per_month / job.every_minutes) * job.credits_per_run
  }
  credits_planned = sum(values(local.credits_per_month))
}

# A precondition of a resource that every deployment has: it stops the plan, where a check
# block would only warn.
resource "terraform_data" "credit_budget" {
  input = { budget = local.budget, planned = local.credits_planned, by_job = local.credits_per_month }

  lifecycle {
    precondition {
      condition = local.credits_planned <= local.budget
      error_message = format(
        "credits: the polls cost %d credits a month (%s), the budget is %d, %d too few. Poll less often (credits.jobs: python -m ingest.plan propose --credits N --json), choose a smaller plan (credits.plan) or buy more (credits.monthly_budget).",
        local.credits_planned,
        join(", ", [for name, job in local.jobs : "${name} ${ceil(local.credit_model.formula.minutes_per_month / job.every_minutes)} x ${job.credits_per_run} = ${local.credits_per_month[name]}"]),
        local.budget,
        local.credits_planned - local.budget,
      )
    }
  }
}
