"""Terraform's raw tables are those that the load would create from the lake."""

import json
from pathlib import Path

import pytest

from coincap.contract import record_type, record_types
from coincap_batch.manifest import bigquery_type
from coincap_batch.silver import asset_history, silver
from coincap_batch.tables import HISTORY, LOADED, SILVER

INFRA = Path(__file__).resolve().parents[2] / "infra"
BRONZE = (
    "topic STRING, topic_id STRING, partition INT, offset BIGINT, timestamp TIMESTAMP, "
    "key STRING, value BINARY, headers MAP<STRING,STRING>"
)
NAMES = sorted([*SILVER, "history"])


def declared() -> dict[str, dict]:
    return json.loads((INFRA / "modules/warehouse/tables.json").read_text("utf-8"))


def in_the_lake(spark, name: str) -> list[list[str]]:
    """The columns as the manifest would list them; an empty frame has a schema too."""
    if name == "history":
        rows = asset_history(spark.createDataFrame([], "value STRING, file STRING"),
                             record_type(name))  # fmt: skip
    else:
        rows = silver(spark.createDataFrame([], BRONZE), record_type(name))
    return [[f.name, bigquery_type(f)] for f in rows.schema.fields if f.name != "date"]


def in_terraform(column: dict) -> list[str]:
    size = f"({column['precision']},{column['scale']})" if "precision" in column else ""
    return [column["name"], column["type"] + size]


@pytest.mark.parametrize("name", NAMES)
def test_columns_and_types_are_the_lakes(spark, name):
    table = declared()[record_type(name).table]
    assert [in_terraform(c) for c in table["schema"]] == in_the_lake(spark, name)
    # Parquet's columns are nullable; a load job refuses them where a table demands a value.
    assert {column["mode"] for column in table["schema"]} == {"NULLABLE"}


@pytest.mark.parametrize("name", NAMES)
def test_partition_and_clusters_are_the_loads(name):
    lake = SILVER.get(name, HISTORY)
    table = declared()[lake.name]
    assert (table["partition"], table["clustering"]) == (lake.time, list(lake.cluster))


def test_the_load_compares_a_sum_of_every_table():
    assert LOADED
    assert [table.name for table in LOADED if not table.sums] == []


def test_every_silver_table_is_declared():
    assert declared().keys() == {lake.name for lake in (*SILVER.values(), HISTORY)}
    assert declared().keys() <= {record.table for record in record_types()}
