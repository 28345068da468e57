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
COMPOSER_DCU = {"standard": 3.5, "production": 6.5}
"""1000 mDCU that scheduler, triggerer, DAG processor, web server and workers take on average."""

Line = tuple[str, str, float, bool]
"""Component, how the figure comes about, USD a month, whether every price is confirmed."""


def price(name: str) -> float:
    """Return a list price in USD; raises KeyError naming what prices.json lacks."""
    if name not in TABLE["prices"]:
        raise KeyError(f"prices.json has no price of {name}: add it with its page")
    return TABLE["prices"][name]["usd"]


def lines(profile: str) -> list[Line]:
    """Return the lines of one profile, in the order of the data's way, small things last."""
    size, volume, free = PROFILES[profile], TABLE["volumes"][profile], TABLE["free"]
    return [
        *_machines(size),
        *_dataproc(size),
        *_postgres(size),
        *_orchestration(profile, size),
        *_quantities(volume, free),
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


SMALL_THINGS = (
    ("Composer", "GiB of its database", "composer_gib", "composer-storage"),
    ("Lake", "GB", "lake_gb", "storage-standard"),
    ("BigQuery", "GB; queries in the free TiB", "bigquery_gb", "bigquery-physical"),
    ("Artifact Registry", "GB of packages", "registry_gb", "registry"),
    ("Pub/Sub", "GiB, in and out", "pubsub_gib", "pubsub"),
    ("Functions", "vCPU seconds", "function_vcpu_seconds", "cloud-run"),
    ("Functions", "GiB seconds", "function_gib_seconds", "cloud-run-memory"),
    ("Network", "GiB between zones", "zone_traffic_gib", "zone-traffic"),
    ("Logs", "GiB", "logs_gib", "logging"),
    ("Metrics", "MiB of the stream's and the logs' figures", "metrics_mib", "monitoring"),
    ("Secrets", "versions", "secret_versions", "secret"),
    ("Names", "private DNS zones", "dns_zones", "dns-zone"),
    ("Scheduler", "jobs", "scheduler_jobs", "scheduler-job"),
    ("Alerts", "conditions", "alert_conditions", "alert-condition"),
)
"""Component, unit, volume and price of what is paid by quantity beyond a free tier."""


def _quantities(volume: dict, free: dict) -> list[Line]:
    found = []
    for component, unit, name, price_name in SMALL_THINGS:
        count, included = volume[name], free.get(name, 0)
        paid = max(0, count - included) * (2 if component == "Pub/Sub" else 1)
        note = f" ({included:g} free)" if included else ""
        text = f"{count:g} {unit}{note}"
        found.append(_line(component, text, paid * price(price_name), price_name))
    return found


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
