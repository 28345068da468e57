"""A panel's SQL as a Grafana query on the provisioned PostgreSQL data source."""

from dataclasses import dataclass

from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.dashboard import DataSourceRef

from panels import Panel, parameters

SOURCE_UID = "coincap-postgresql"
SOURCE = DataSourceRef(type_val="grafana-postgresql-datasource", uid=SOURCE_UID)


@dataclass
class SqlQuery(Dataquery, Builder):
    """The PostgreSQL data source's query model; the SDK has none of its own."""

    raw_sql: str
    format_val: str = "table"
    ref_id: str = "A"

    def build(self) -> "SqlQuery":
        """Return the query itself: it is its own builder."""
        return self

    def to_json(self) -> dict:
        """Return the form that Grafana stores."""
        return {
            "datasource": {"type": SOURCE.type_val, "uid": SOURCE.uid},
            "editorMode": "code",
            "format": self.format_val,
            "rawQuery": True,
            "rawSql": self.raw_sql,
            "refId": self.ref_id,
        }


def query(panel: Panel) -> SqlQuery:
    """Return the panel's query with Grafana's variables in place of its parameters."""
    timed = panel.chart in ("lines", "candles")
    return SqlQuery(
        raw_sql=panel.statement(lambda name: parameters.grafana(name, panel.longest_days)).rstrip(
            ";"
        ),
        format_val="time_series" if timed and panel.series else "table",
    )
