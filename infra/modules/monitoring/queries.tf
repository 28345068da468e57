# Figures that need arithmetic: sums over distributions and their ratios, in PromQL. A
# log-based metric NAME/figure is called logging_googleapis_com:user_NAME_figure there, and a
# metric that several kinds of resources can have must be asked for one of them.
# https://cloud.google.com/monitoring/promql/promql-mapping

locals {
  prom = {
    for key, figure in local.figures : key => format(
      "logging_googleapis_com:user_%s_%s_sum{monitored_resource=\"%s\"}",
      replace(var.name, "-", "_"), key, regex("resource.type=\"(\\w+)\"", figure.filter)[0],
    )
  }

  prom_stream = {
    for key in keys(local.stream_figures) : key => "custom_googleapis_com:coincap_stream_${key}{monitored_resource=\"global\"}"
  }

  queries = {
    completeness = {
      title   = "Trading pairs are missing"
      section = "Pairs are missing"
      query   = "sum(increase(${local.prom.sweep_pairs_got}[1d])) / sum(increase(${local.prom.sweep_pairs_claimed}[1d])) < ${var.least_completeness}"
      text    = "The sweeps of a day brought fewer trading pairs than the exchanges claim."
    }
    credits = {
      title   = "Credits run out before the month"
      section = "Credits run out"
      query   = "sum(increase(${local.prom.sweep_credits}[1d])) > ${var.credits_per_day}"
      text    = "The last day cost more than its share of the month's CoinCap credits."
    }
    dead-letters = {
      title   = "Rows are refused"
      section = "Rows are refused"
      query   = "sum(increase(${local.prom.sweep_dead_letters}[1h])) > ${var.dead_letters_per_hour}"
      text    = "CoinCap's rows fail the contract: the API has probably changed. Nothing is lost: rows and reasons are in dead_letters."
    }
    stream-dead-letters = {
      title   = "The stream refuses messages"
      section = "Rows are refused"
      query   = "sum(increase(${local.prom.stream_dead_letters}[1h])) > ${var.dead_letters_per_hour}"
      text    = "Messages that passed the functions fail in the stream: both read the same contract, so look for another writer or an old version."
    }
  }
}
