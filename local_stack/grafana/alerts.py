"""Alert rules in the form that Grafana provisions, from alerts.toml and the panels' SQL."""

import tomllib
from pathlib import Path

from grafana.query import SOURCE_UID, query
from panels import panel

FILE = Path(__file__).parent / "alerts.toml"
LOOK_BACK_S = 3600


def rules() -> dict:
    """Return the provisioning document: one group, evaluated every minute."""
    entries = tomllib.loads(FILE.read_text("utf-8"))["alert"]
    group = {
        "orgId": 1,
        "name": "coincap",
        "folder": "CoinCap",
        "interval": "1m",
        "rules": [_rule(entry) for entry in entries],
    }
    return {"apiVersion": 1, "groups": [group]}


def _rule(entry: dict) -> dict:
    board, name = entry["panel"].split("/")
    return {
        "uid": f"coincap-{entry['name']}",
        "title": entry["name"],
        "condition": "C",
        "data": [_measure(entry), _reduce(), _compare(entry)],
        "noDataState": entry.get("no_data", "OK"),
        "execErrState": "Error",
        "for": entry["for"],
        "annotations": {
            "summary": entry["summary"],
            "__dashboardUid__": f"coincap-{board}",
            "panel": panel(entry["panel"]).title,
        },
        "labels": {"severity": entry["severity"], "figure": name},
    }


def _measure(entry: dict) -> dict:
    source = query(panel(entry["panel"]))
    figure = f"select {entry['column']} as value from (\n{source.raw_sql}\n) as figure"
    source.raw_sql = f"select value from (\n{figure}\n) as measured where value is not null"
    return _step("A", SOURCE_UID, source.to_json(), LOOK_BACK_S)


def _reduce() -> dict:
    return _step("B", "__expr__", {"type": "reduce", "expression": "A", "reducer": "last"})


def _compare(entry: dict) -> dict:
    kind, limit = ("gt", entry["above"]) if "above" in entry else ("lt", entry["below"])
    conditions = [{"evaluator": {"type": kind, "params": [limit]}}]
    return _step(
        "C", "__expr__", {"type": "threshold", "expression": "B", "conditions": conditions}
    )


def _step(ref: str, source: str, model: dict, seconds: int = 0) -> dict:
    return {
        "refId": ref,
        "datasourceUid": source,
        "relativeTimeRange": {"from": seconds, "to": 0},
        "model": {"refId": ref, "intervalMs": 60_000, "maxDataPoints": 480} | model,
    }
