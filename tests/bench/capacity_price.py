"""What a month costs: infra/cost.py's profile ``standard`` with a load's sizes and volumes."""

import json
import math
import sys
from pathlib import Path

from coincap.topics import topics
from ingest.credits import model

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "infra"))
import cost

SOURCE = Path(__file__).with_name("capacity_figures.json")
FIGURES = {
    name: each["value"]
    for name, each in json.loads(SOURCE.read_text("utf-8"))["figures"].items()
}  # fmt: skip
HALF = 0.5
"""The share of its power that a component may use."""
LAKE_DAYS = 90
KAFKA_DAYS = topics()["coincap.markets"].kafka_retention_hours / 24
MONTH_S = model()["formula"]["minutes_per_month"] * 60
TIERS = {
    "db-f1-micro": (0.2, 0.6, "db-f1-micro", 1),
    "db-g1-small": (0.5, 1.7, "db-g1-small", 1),
    "db-custom-2-7680": (2, 7.5, "db-custom-2-7680", 1),
    "db-custom-4-15360": (4, 15, "db-custom-2-7680", 2),
    "db-custom-8-30720": (8, 30, "db-custom-2-7680", 4),
    "db-custom-16-61440": (16, 60, "db-custom-2-7680", 8),
    "db-custom-32-122880": (32, 120, "db-custom-2-7680", 16),
}
"""vCPU (of the shared tiers the share that is theirs), GiB of memory, and the price: so many
times that of a tier in infra/prices.json. Google charges custom tiers by vCPU and by GiB."""
GROUPS = {
    "Kafka": "Kafka",
    "Bridge": "bridge",
    "Spark stream": "Spark",
    "PostgreSQL": "PostgreSQL",
    "Composer": "Composer",
    "Lake": "lake",
    "BigQuery": "BigQuery",
    "Pub/Sub": "Pub/Sub",
    "Functions": "functions",
}
"""Components of infra/cost.py and the names under which a sum has them; others are the rest."""


def usd(rate: float, machines: tuple[int, int, int], tier: str, sql_gb: int) -> dict[str, float]:
    """Return USD a month by component, for ``rate`` messages/s.

    ``machines`` are bridges, brokers and stream workers; ``sql_gb`` the database's disk.
    """
    bridges, brokers, workers = machines
    kind, times_tier = TIERS[tier][2:]
    cost.PROFILES["capacity"] = {
        **cost.PROFILES["standard"],
        "brokers": brokers,
        "broker_machine": "e2-medium" if brokers == 1 else "e2-standard-2",
        "broker_disk_gb": max(20, math.ceil(_kafka_gb(rate, brokers) / HALF)),
        "sql_tier": kind,
        "sql_disk_gb": sql_gb,
    }
    cost.TABLE["volumes"]["capacity"] = _volumes(rate, min(3, brokers))
    cost.COMPOSER_DCU["capacity"] = cost.COMPOSER_DCU["standard"]
    times = {"Spark stream": workers, "Bridge": bridges}
    parts: dict[str, float] = {}
    for component, text, amount, _ in cost.lines("capacity"):
        number = times_tier if text.endswith(kind) else times.get(component, 1)
        name = GROUPS.get(component, "rest")
        parts[name] = parts.get(name, 0) + amount * number
    return parts


def _kafka_gb(rate: float, brokers: int) -> float:
    """Return what a broker keeps, in GB: three copies where there are three brokers or more."""
    share = min(3, brokers) / brokers
    return rate * 86_400 * KAFKA_DAYS * FIGURES["kafka_bytes"] * share / 1e9


def _volumes(rate: float, copies: int) -> dict[str, float]:
    messages, kept = rate * MONTH_S, rate * 86_400 * LAKE_DAYS
    seconds = messages / FIGURES["sweep_rows"]
    return {
        **cost.TABLE["volumes"]["standard"],
        "lake_gb": kept * FIGURES["lake_bytes"] / 1e9,
        "bigquery_gb": kept * FIGURES["silver_bytes"] / 1e9,
        "pubsub_gib": messages * FIGURES["wire_bytes"] / 2**30,
        "function_vcpu_seconds": seconds,
        "function_gib_seconds": seconds,
        "zone_traffic_gib": messages * FIGURES["kafka_bytes"] * (copies - 1) / 2**30,
    }
