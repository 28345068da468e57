"""What a month of each profile costs at list price, line by line.

``python infra/cost.py [lean|standard|production …]`` reads profiles.json and prices.json.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TABLE = json.loads((HERE / "prices.json").read_text("utf-8"))
PROFILES = json.loads((HERE / "profiles.json").read_text("utf-8"))
HOURS = TABLE["hours_per_month"]
COMPOSER_DCU = {"standard": 3.0, "production": 6.0}
"""1000 mDCU that scheduler, triggerer, DAG processor, web server and workers take on average."""

Line = tuple[str, str, float, bool]
"""Component, how the figure comes about, USD a month, whether every price is confirmed."""


def price(name: str) -> float:
    """Return a list price in USD; raises KeyError naming what prices.json lacks."""
    if name not in TABLE["prices"]:
        raise KeyError(f"prices.json has no price of {name}: add it with its page")
    return TABLE["prices"][name]["usd"]


def lines(profile: str) -> list[Line]:
    """Return the lines of one profile, the dearest component's name first in each."""
    size, volume, free = PROFILES[profile], TABLE["volumes"][profile], TABLE["free"]
    return [
        *_machines(size),
        *_dataproc(size),
        *_postgres(size),
        *_orchestration(profile, size),
        *_storage(volume, free),
        *_small_things(volume, free),
    ]


def _line(component: str, text: str, amount: float, *names: str) -> Line:
    return component, text, round(amount, 2), all(TABLE["prices"][n]["sure"] for n in names)


def _machines(size: dict) -> list[Line]:
    count, disk = size["brokers"], size["broker_disk_gb"]
    broker = count * price(size["broker_machine"]) * HOURS
    disks = count * (disk + 10) * price("disk-balanced")
    snapshots = count * disk * 0.5 * price("disk-snapshot")
    bridge = price(size["bridge_machine"]) * HOURS + 10 * price("disk-balanced")
    return [
        _line("Kafka", f"{count} × {size['broker_machine']}", broker, size["broker_machine"]),
        _line(
            "Kafka",
            f"disks {count} × {disk} + 10 GB, snapshots",
            disks + snapshots,
            "disk-balanced",
        ),
        _line("Bridge", f"1 × {size['bridge_machine']} with 10 GB", bridge, size["bridge_machine"]),
    ]


def _dataproc(size: dict) -> list[Line]:
    def cluster(machine: str, nodes: int, disk: int) -> float:
        vcpu = TABLE["prices"][machine]["vcpu"]
        hourly = price(machine) + vcpu * price("dataproc")
        return nodes * (hourly * HOURS + disk * price("disk-balanced"))

    stream, batch = size["stream_machine"], size["batch_machine"]
    found = [_line("Spark stream", f"1 × {stream}", cluster(stream, 1, 50), stream, "dataproc")]
    if size["batch_cluster"]:
        found.append(
            _line("Spark batch", f"3 × {batch}", cluster(batch, 3, 100), batch, "dataproc")
        )
    return found


def _postgres(size: dict) -> list[Line]:
    copies = 2 if size["sql_availability"] == "REGIONAL" else 1
    tier, disk = size["sql_tier"], size["sql_disk_gb"]
    storage = copies * disk * price("sql-disk") + disk * price("sql-backup")
    text = f"{copies} × {tier}"
    return [
        _line("PostgreSQL", text, copies * price(tier) * HOURS, tier),
        _line("PostgreSQL", f"{copies} × {disk} GB, backups", storage, "sql-disk", "sql-backup"),
    ]


def _orchestration(profile: str, size: dict) -> list[Line]:
    if size["orchestrator"] == "vm":
        machine = size["airflow_machine"]
        amount = price(machine) * HOURS + 30 * price("disk-balanced")
        return [_line("Airflow", f"1 × {machine} with 30 GB", amount, machine)]
    fee = "composer-small" if size["composer_size"].endswith("SMALL") else "composer-medium"
    dcu = COMPOSER_DCU[profile]
    workloads = dcu * price("composer-dcu") * HOURS
    return [
        _line("Composer", f"environment ({fee})", price(fee) * HOURS, fee),
        _line("Composer", f"workloads, {dcu:g} × 1000 mDCU", workloads, "composer-dcu"),
    ]


def _storage(volume: dict, free: dict) -> list[Line]:
    kind = "bigquery-physical"
    lake = volume["lake_gb"] * price("storage-standard")
    warehouse = max(0, volume["bigquery_gb"] - free["bigquery_gb"]) * price(kind)
    images = max(0, volume["registry_gb"] - free["registry_gb"]) * price("registry")
    return [
        _line("Lake", f"{volume['lake_gb']} GB", lake, "storage-standard"),
        _line("BigQuery", f"{volume['bigquery_gb']} GB; queries in the free TiB", warehouse, kind),
        _line("Artifact Registry", f"{volume['registry_gb']} GB of packages", images, "registry"),
    ]


def _small_things(volume: dict, free: dict) -> list[Line]:
    messages = max(0, volume["pubsub_gib"] - free["pubsub_gib"]) * 2 * price("pubsub")
    seconds = max(0, volume["function_vcpu_seconds"] - free["function_vcpu_seconds"])
    work = seconds * price("cloud-run")
    fixed = 10 * price("dns-zone") + 3 * price("scheduler-job") + 15 * price("alert-condition")
    traffic = volume["zone_traffic_gib"] * price("zone-traffic")
    return [
        _line("Pub/Sub", f"{volume['pubsub_gib']} GiB in and out", messages, "pubsub"),
        _line("Functions", f"{volume['function_vcpu_seconds']} vCPU seconds", work, "cloud-run"),
        _line(
            "Network", f"{volume['zone_traffic_gib']} GiB between zones", traffic, "zone-traffic"
        ),
        _line("Names, jobs, alerts", "10 zones, 6 jobs, 15 conditions", fixed, "dns-zone"),
    ]


def main(names: list[str]) -> int:
    """Print the tables; return 0, or 2 for a profile that does not exist."""
    for name in names or PROFILES:
        if name not in PROFILES:
            print(f"error: no profile {name}; there are {', '.join(PROFILES)}", file=sys.stderr)
            return 2
        found = lines(name)
        print(f"\n{name}: USD per month at list price of {TABLE['as_of']} (us-central1)")
        for component, text, amount, sure in found:
            print(f"  {component:<20} {text:<56} {amount:>8.2f}{'' if sure else '  ?'}")
        print(f"  {'total':<77} {sum(line[2] for line in found):>8.2f}")
    print("\n?: a price that could not be confirmed; prices.json names the page.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
