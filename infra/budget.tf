# CoinCap sells credits. The cadences, the pages and the documented price of a call say what
# a month costs; a plan that can't be paid fails here, with the numbers, instead of running
# dry in the middle of a month.

locals {
  credit_model = jsondecode(file("${local.contract}/credits.json"))
  plan         = jsondecode(file("${path.module}/cadences.json")).plans[var.credits.plan]
  budget       = coalesce(var.credits.monthly_budget, local.plan.monthly_budget)

  polls = {
    for name, poll in coalesce(var.credits.polls, { for key, default in local.plan.polls : key => {
      endpoint      = default.endpoint
      every_minutes = default.every_minutes
      rows          = try(default.rows, null)
      scope         = try(default.scope, null)
      } }) : name => merge(poll, {
      rows = coalesce(poll.rows, local.credit_model.endpoints[poll.endpoint].rows)
    })
  }

  # The same formula as functions/ingest/credits.py; a test compares both.
  pages = {
    for name, poll in local.polls : name => !local.credit_model.endpoints[poll.endpoint].paged ? [poll.rows] : concat(
      [for page in range(floor(poll.rows / local.credit_model.formula.page_size)) : local.credit_model.formula.page_size],
      poll.rows % local.credit_model.formula.page_size > 0 ? [poll.rows % local.credit_model.formula.page_size] : [],
      poll.rows % local.credit_model.formula.probe_multiple == 0 ? [0] : [],
    )
  }
  credits_per_sweep = {
    for name, poll in local.polls : name => sum([
      for rows in local.pages[name] : max(
        local.credit_model.formula.per_call,
        ceil(rows * local.credit_model.endpoints[poll.endpoint].bytes_per_row / local.credit_model.formula.bytes_per_credit),
      )
    ])
  }
  credits_per_month = {
    for name, poll in local.polls : name => ceil(local.credit_model.formula.minutes_per_month / poll.every_minutes) * local.credits_per_sweep[name]
  }
  credits_planned = sum(values(local.credits_per_month))

  # Cron knows minutes of an hour, hours of a day and days of a week; a cadence must be one
  # that these can say, and jobs of one length start at different minutes.
  offsets = { for index, name in sort(keys(local.polls)) : name => index * 2 }
  schedules = {
    for name, poll in local.polls : name => (
      poll.every_minutes < 60 ? "*/${poll.every_minutes} * * * *" :
      poll.every_minutes < 1440 ? "${local.offsets[name] % 60} */${poll.every_minutes / 60} * * *" :
      poll.every_minutes == 1440 ? "${local.offsets[name] % 60} 6 * * *" :
      "${local.offsets[name] % 60} 6 * * 1"
    )
  }
}

# A precondition of a resource that every deployment has: it stops the plan, where a check
# block would only warn.
resource "terraform_data" "credit_budget" {
  input = { budget = local.budget, planned = local.credits_planned, by_poll = local.credits_per_month }

  lifecycle {
    precondition {
      condition = local.credits_planned <= local.budget
      error_message = format(
        "credits: the polls cost %d credits a month (%s), the budget is %d. Poll less often (credits.polls), choose a smaller plan (credits.plan) or buy more (credits.monthly_budget).",
        local.credits_planned,
        join(", ", [for name in sort(keys(local.polls)) : "${name} ${local.credits_per_sweep[name]} every ${local.polls[name].every_minutes} min = ${local.credits_per_month[name]}"]),
        local.budget,
      )
    }
  }
}
