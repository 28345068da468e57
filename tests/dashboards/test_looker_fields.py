"""The fields that the page lists for Looker Studio are those that its table has."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "local_stack" / "queries" / "README.md"
MART = "rpt_market_overview"
KINDS = {
    "string": "text",
    "int64": "number",
    "float64": "number",
    "bool": "boolean",
    "date": "date",
    "timestamp": "date and time",
}


def built() -> dict[str, str]:
    """Return the table's columns and their kinds, from dbt's contract."""
    for path in sorted((ROOT / "dbt/models").glob("*/*.yml")):
        for model in yaml.safe_load(path.read_text("utf-8")).get("models", []):
            if model["name"] == MART:
                return {
                    each["name"]: KINDS.get(each["data_type"], "number")
                    for each in model["columns"]
                }
    raise AssertionError(f"no model {MART}")


def listed() -> dict[str, tuple[str, str]]:
    """Return the fields of the page's table: their kind and default aggregation."""
    section = PAGE.read_text("utf-8").partition("## Looker Studio")[2]
    rows = re.findall(r"^\| ([a-z_0-9, ]+) \| ([^|]+) \| ([^|]+) \|", section, re.M)
    return {
        name: (kind.partition(",")[0].strip(), aggregation.strip())
        for names, kind, aggregation in rows
        if names != "field"
        for name in names.split(", ")
    }


def test_every_field_is_listed_and_none_that_is_not_there():
    there, said = built(), listed()
    assert len(there) > 20
    missing, gone = sorted(there.keys() - said.keys()), sorted(said.keys() - there.keys())
    assert not missing, f"add to the table under Looker Studio in {PAGE.name}: {missing}"
    assert not gone, f"{MART} has no such column, take out of {PAGE.name}: {gone}"
    assert {name: kind for name, (kind, _) in said.items()} == there


def test_only_what_stands_once_per_asset_is_summed():
    summed = {name for name, (_, how) in listed().items() if how == "sum"}
    assert summed
    asset_figures = {name for name in summed if name.startswith("asset_")}
    once = ("_once", "_once_per_exchange")
    assert asset_figures == {name for name in listed() if name.endswith(once)}


def test_the_layout_names_fields_that_there_are():
    layout = PAGE.read_text("utf-8").partition("One page, 1,200")[2].partition("\n\n")[0]
    named = {name for name in re.findall(r"`([a-z_0-9]+)`", layout) if name != "_once"}
    assert len(named) > 5
    assert named <= set(built())
