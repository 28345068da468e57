# What is wrong once a figure crosses a line. `section` is a heading of infra/README.md.

locals {
  # Composer counts failed runs itself; on the small machine the scheduler's log says so.
  failed_runs = (
    var.on_composer
    ? "resource.type=\"cloud_composer_workflow\" AND metric.type=\"composer.googleapis.com/workflow/run_count\" AND metric.labels.state=\"failed\""
    : "resource.type=\"gce_instance\" AND metric.type=\"logging.googleapis.com/user/${var.name}/dag_failed\""
  )

  subscriptions = join(" OR ", [for name in values(var.bridge_subscriptions) : "resource.labels.subscription_id=\"${name}\""])

  thresholds = {
    bridge-lag = {
      title    = "Messages wait at the bridge"
      section  = "Messages wait at the bridge"
      filter   = "resource.type=\"pubsub_subscription\" AND metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND (${local.subscriptions})"
      above    = 300
      duration = 300
      aligner  = "ALIGN_MAX"
      reducer  = "REDUCE_MAX"
      text     = "The oldest message has waited for more than 5 minutes before it reached Kafka. The worker's own status says nothing: look at the lag."
    }
    sweeps-fail = {
      title    = "Polls of CoinCap fail"
      section  = "Polls fail"
      filter   = "resource.type=\"cloud_run_revision\" AND metric.type=\"${local.log_metric.sweep_failed}\""
      above    = 2
      duration = 0
      aligner  = "ALIGN_DELTA"
      reducer  = "REDUCE_SUM"
      period   = 3600
      text     = "More than two sweeps failed within an hour: CoinCap is down, the key is wrong or the month's credits are spent."
    }
    stream-refuses = {
      title    = "A Spark job has stopped and asks for a decision"
      section  = "The stream has stopped"
      filter   = "resource.type=\"cloud_dataproc_job\" AND metric.type=\"${local.log_metric.stream_refused}\""
      above    = 0
      duration = 0
      aligner  = "ALIGN_DELTA"
      reducer  = "REDUCE_SUM"
      text     = "A job, in most cases the stream, ended with a condition that a restart does not heal; its last line says what to do."
    }
    jobs-fail = {
      title    = "A Dataproc job failed"
      section  = "A batch job failed"
      filter   = "resource.type=\"cloud_dataproc_cluster\" AND metric.type=\"dataproc.googleapis.com/cluster/job/failed_count\""
      above    = 0
      duration = 0
      aligner  = "ALIGN_DELTA"
      reducer  = "REDUCE_SUM"
      text     = "A migration, the stream or a batch job ended with an error."
    }

    dags-fail = {
      title    = "A DAG failed"
      section  = "A batch job failed"
      filter   = local.failed_runs
      above    = 0
      duration = 0
      aligner  = "ALIGN_DELTA"
      reducer  = "REDUCE_SUM"
      text     = "A task used up its retries; the warehouse lags behind the lake until it is run again."
    }

    stream-lag = {
      title    = "The live tables lag behind Kafka"
      section  = "The stream lags"
      filter   = "${local.stream_gauge.lag_seconds} AND metric.labels.query=\"serve\""
      above    = 300
      duration = 300
      aligner  = "ALIGN_MAX"
      reducer  = "REDUCE_MAX"
      text     = "What the stream writes to PostgreSQL is more than 5 minutes old: Grafana and its readers see the past."
    }

    archive-lag = {
      title    = "The lake lags behind Kafka"
      section  = "The stream lags"
      filter   = "${local.stream_gauge.lag_seconds} AND metric.labels.query=\"archive\""
      above    = 3600
      duration = 600
      aligner  = "ALIGN_MAX"
      reducer  = "REDUCE_MAX"
      text     = "Bronze is more than an hour behind. Kafka forgets after its retention; before that, nothing is lost."
    }

    kafka-replicas = {
      title    = "Kafka has too few replicas"
      section  = "Replace a broker"
      filter   = "resource.type=\"gce_instance\" AND metric.type=\"${local.log_metric.kafka_under_replicated}\""
      above    = 1 # a percentile of zeros lies between 0 and 1
      duration = 600
      aligner  = "ALIGN_PERCENTILE_99"
      reducer  = "REDUCE_MAX"
      text     = "A broker is down or behind. With three brokers nothing is lost as long as no second one fails."
    }
    kafka-sink-lag = {
      title    = "Alerts and dead letters wait in Kafka"
      section  = "Messages wait at the bridge"
      filter   = "resource.type=\"gce_instance\" AND metric.type=\"${local.log_metric.kafka_sink_lag}\""
      above    = 1000
      duration = 600
      aligner  = "ALIGN_PERCENTILE_99"
      reducer  = "REDUCE_MAX"
      text     = "The bridge does not carry alerts and dead letters back to Pub/Sub."
    }
    cloudsql-disk = {
      title    = "PostgreSQL's disk fills up"
      section  = "Raise capacity"
      filter   = "resource.type=\"cloudsql_database\" AND metric.type=\"cloudsql.googleapis.com/database/disk/utilization\""
      above    = 0.85
      duration = 900
      aligner  = "ALIGN_MEAN"
      reducer  = "REDUCE_MAX"
      text     = "The disk grows by itself up to ten times its first size; beyond that the stream stops."
    }
    cloudsql-down = {
      title    = "PostgreSQL does not answer"
      section  = "Restore Cloud SQL"
      filter   = "resource.type=\"cloudsql_database\" AND metric.type=\"cloudsql.googleapis.com/database/up\""
      below    = 1
      duration = 300
      aligner  = "ALIGN_MIN"
      reducer  = "REDUCE_MIN"
      text     = "The stream waits; nothing is lost while Kafka keeps its messages."
    }
  }

  # Silence is the failure that thresholds miss: no beat of the stream, no sweep.
  absences = {
    stream-silent = {
      title   = "The stream does not beat"
      section = "The stream has stopped"
      filter  = local.stream_gauge.lag_offsets
      aligner = "ALIGN_MAX"
      silence = 900
      text    = "The stream's driver measures its lag every few seconds, whether messages come or not; it has not for 15 minutes: live tables and Grafana are stale."
    }

    polls-silent = {
      title   = "CoinCap is not polled"
      section = "Polls fail"
      filter  = "resource.type=\"cloud_run_revision\" AND metric.type=\"${local.log_metric.sweep_credits}\""
      aligner = "ALIGN_PERCENTILE_99"
      silence = var.silence_seconds
      text    = "No sweep has finished although polls are due: look at Cloud Scheduler and the function poll."
    }
  }
}
