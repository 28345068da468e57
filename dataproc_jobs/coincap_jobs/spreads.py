"""Cross-exchange spreads: a pure function of the latest markets and the fees."""

import psycopg

from coincap_jobs.statements import statement


def refresh_spreads(connection: psycopg.Connection) -> int:
    """Compute every asset's spread again; return the number of assets that have one."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(statement("spreads"))
        cursor.execute("select count(*) from market.spreads")
        return cursor.fetchone()[0]
