# What the machines come to, checked before anything is made: a quota or a heap that does not
# fit would show after twenty minutes of an apply only.

locals {
  # vCPU and GB of a machine type, by its name; shared cores count as two.
  # https://cloud.google.com/compute/docs/general-purpose-machines
  machine_gb_per_cpu = { standard = 4, highmem = 8, highcpu = 1 }
  machines = distinct(compact([
    local.sizes.broker_machine, local.sizes.bridge_machine, local.sizes.stream_machine, local.sizes.batch_machine,
    local.on_composer ? "" : local.sizes.airflow_machine,
  ]))
  machine_cpus = { for machine in local.machines : machine => try(tonumber(regex("-(\\d+)$", machine)[0]), 2) }
  machine_gb = {
    for machine, cpus in local.machine_cpus : machine => try(
      { e2-small = 2, e2-medium = 4 }[machine],
      cpus * local.machine_gb_per_cpu[split("-", machine)[1]],
    )
  }

  # Machines of Composer and Cloud SQL are Google's own and not in the project's quota.
  cpus = {
    brokers = local.sizes.brokers * local.machine_cpus[local.sizes.broker_machine]
    bridge  = local.machine_cpus[local.sizes.bridge_machine]
    stream  = local.machine_cpus[local.sizes.stream_machine]
    batch   = local.sizes.batch_cluster ? (1 + local.sizes.batch_max_workers) * local.machine_cpus[local.sizes.batch_machine] : 0
    airflow = local.on_composer ? 0 : local.machine_cpus[local.sizes.airflow_machine]
  }
  cpus_needed = sum(values(local.cpus))

  gb = {
    for name, text in { heap = local.sizes.kafka_heap, driver = local.sizes.stream_memory.driver, executor = local.sizes.stream_memory.executor } :
    name => tonumber(regex("^\\d+", text)) / (endswith(text, "m") ? 1024 : 1)
  }
}

resource "terraform_data" "sizes" {
  input = { cpus = local.cpus, quota = var.cpu_quota }

  lifecycle {
    precondition {
      condition = local.cpus_needed <= var.cpu_quota
      error_message = format(
        "cpu_quota: the deployment needs up to %d vCPU (%s), the region's quota is said to be %d. Ask for more on the console's page IAM & Admin, Quotas (metric CPUS) and set cpu_quota, or choose smaller machines (kafka, dataproc) or another profile.",
        local.cpus_needed, join(", ", [for name, count in local.cpus : "${name} ${count}" if count > 0]), var.cpu_quota,
      )
    }

    # Kafka lives on the page cache: half of the memory at least is not the heap's.
    precondition {
      condition = 2 * local.gb.heap <= local.machine_gb[local.sizes.broker_machine]
      error_message = format(
        "kafka.machine: %s has %d GB, twice the heap of this profile (%s) does not fit; choose a larger one or leave it out.",
        local.sizes.broker_machine, local.machine_gb[local.sizes.broker_machine], local.sizes.kafka_heap,
      )
    }

    precondition {
      condition = 2 * (local.gb.driver + local.gb.executor) <= local.machine_gb[local.sizes.stream_machine]
      error_message = format(
        "dataproc.stream_machine: %s has %d GB, twice the stream's driver (%s) and executor (%s) do not fit; the batch, YARN and the system need the other half.",
        local.sizes.stream_machine, local.machine_gb[local.sizes.stream_machine], local.sizes.stream_memory.driver, local.sizes.stream_memory.executor,
      )
    }
  }
}
