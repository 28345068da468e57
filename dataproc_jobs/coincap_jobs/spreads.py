"""Cross-exchange spreads: a pure function of the latest markets and the fees."""

from importlib import resources

import psycopg


def refresh_spreads(connection: psycopg.Connection) -> int:
    """Compute every asset's spread again; return the number of assets that have one."""
    text = (resources.files(__package__) / "sql" / "spreads.sql").read_text("utf-8")
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(text)
        cursor.execute("select count(*) from market.spreads")
        return cursor.fetchone()[0]
